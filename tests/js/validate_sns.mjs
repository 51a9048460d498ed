// Validates messages of SNS with sns-validator: an array of them on stdin; the type of each valid
// one, or what is wrong with it, on stdout. Argument: a pattern of the certificate's host.
import { readFileSync } from "node:fs";
import MessageValidator from "sns-validator";

const validator = new MessageValidator(new RegExp(process.argv[2]));
const found = JSON.parse(readFileSync(0, "utf8")).map(
  (message) =>
    new Promise((done) =>
      validator.validate(message, (error, valid) => done(error ? error.message : valid.Type)),
    ),
);
console.log(JSON.stringify(await Promise.all(found)));
