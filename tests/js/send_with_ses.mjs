// Sends a composed and a raw message with the AWS SDK's client for SES v1, and reads an error.
// Arguments: endpoint, access key id, secret, sender, recipient. Prints JSON: the two message ids,
// and the error's name and text.
import { SendEmailCommand, SendRawEmailCommand, SESClient } from "@aws-sdk/client-ses";

const [endpoint, accessKeyId, secretAccessKey, sender, recipient] = process.argv.slice(2);
const credentials = { accessKeyId, secretAccessKey };
const client = new SESClient({ endpoint, region: "us-east-1", credentials, maxAttempts: 1 });

const letter = {
  Source: `Mé <${sender}>`,
  Destination: { ToAddresses: [recipient], CcAddresses: [] },
  Message: {
    Subject: { Data: "Grüße & <Küsse>", Charset: "UTF-8" },
    Body: { Text: { Data: "a+b=c&d 100%\r\n" }, Html: { Data: "<p>日本</p>" } },
  },
  Tags: [{ Name: "client", Value: "js" }],
};
const composed = await client.send(new SendEmailCommand(letter));
const text = `From: ${sender}\r\nTo: ${recipient}\r\nSubject: raw\r\n\r\n+&=%/ ÿþ\r\n`;
const Data = Buffer.from(text, "latin1");
const raw = await client.send(new SendRawEmailCommand({ RawMessage: { Data } }));
let refused;
try {
  await client.send(new SendEmailCommand({ ...letter, ConfigurationSetName: "none<&>" }));
} catch (error) {
  refused = { name: error.name, message: error.message, set: error.ConfigurationSetName };
}
client.destroy();
console.log(JSON.stringify({ composed: composed.MessageId, raw: raw.MessageId, refused }));
