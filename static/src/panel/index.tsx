import "../styles/base.css";
import "./panel.css";
import { mount } from "../ui/services";
import { Panel } from "./Panel";

mount((data) => <Panel issueId={data["issueId"] ?? ""} issueKey={data["issueKey"] ?? ""} />);
