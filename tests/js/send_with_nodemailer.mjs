// Sends a message with an attachment through nodemailer's SES transport.
// Arguments: endpoint, access key id, secret, sender, recipient. Prints JSON: whether the transport
// verifies, and the message id.
import { SendEmailCommand, SESv2Client } from "@aws-sdk/client-sesv2";
import { createTransport } from "nodemailer";

const [endpoint, accessKeyId, secretAccessKey, from, to] = process.argv.slice(2);
const credentials = { accessKeyId, secretAccessKey };
const sesClient = new SESv2Client({ endpoint, region: "us-east-1", credentials, maxAttempts: 1 });
const transport = createTransport({ SES: { sesClient, SendEmailCommand } });
const verified = await transport.verify();
const sent = await transport.sendMail({
  from: { name: "Mé", address: from },
  to,
  bcc: `hidden-${to}`,
  subject: "Grüße",
  text: "Hello",
  html: "<p>Hello</p>",
  attachments: [{ filename: "naïve.txt", content: "1,2,3\n" }],
});
sesClient.destroy();
console.log(JSON.stringify({ verified, id: sent.response }));
