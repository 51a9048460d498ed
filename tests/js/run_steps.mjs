// Runs a list of API calls with the AWS SDK for JavaScript: [[operation, arguments], ...] on stdin,
// [[error code or null, answer], ...] on stdout. Arguments: package, endpoint, access key id, secret.
import { readFileSync } from "node:fs";

const [name, endpoint, accessKeyId, secretAccessKey] = process.argv.slice(2);
const sdk = await import(name);
const Client = sdk.SESv2Client ?? sdk.PinpointEmailClient ?? sdk.SESClient;
const client = new Client({
  endpoint,
  region: "us-east-1",
  credentials: { accessKeyId, secretAccessKey },
  maxAttempts: 1,
});

const answers = [];
for (const [operation, input] of JSON.parse(readFileSync(0, "utf8"))) {
  const Command = sdk[`${operation}Command`];
  if (Command === undefined) throw new Error(`${name} has no ${operation}`);
  try {
    const { $metadata, ...answer } = await client.send(new Command(input));
    answers.push([null, answer]);
  } catch (error) {
    if (error.$metadata === undefined) throw error;
    answers.push([error.name, { message: error.message, status: error.$metadata.httpStatusCode }]);
  }
}
client.destroy();
console.log(JSON.stringify(answers));
