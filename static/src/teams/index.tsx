import "../styles/base.css";
import "../styles/page.css";
import "./teams.css";
import { mount } from "../ui/services";
import { Teams } from "./Teams";

mount(() => <Teams />);
