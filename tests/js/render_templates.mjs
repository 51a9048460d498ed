// Renders each template of standard input with its data by the handlebars package, escaping or not:
// prints a list of [text, null], or [null, error].
import { readFileSync } from "node:fs";
import Handlebars from "handlebars";

function render({ template, data, html }) {
  try {
    return [Handlebars.compile(template, { noEscape: !html })(data), null];
  } catch (error) {
    return [null, String(error.message)];
  }
}

process.stdout.write(JSON.stringify(JSON.parse(readFileSync(0, "utf8")).map(render)));
