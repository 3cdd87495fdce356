import "../styles/base.css";
import "../styles/page.css";
import { mount } from "../ui/services";
import { Administration } from "./Administration";

mount(() => <Administration />);
