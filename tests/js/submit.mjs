// Hands in one message over SMTP with nodemailer, and prints the server's last reply.
import nodemailer from "nodemailer";
import { readFileSync } from "node:fs";

const { HOST, PORT, SECURE, USERNAME, PASSWORD, CA, FROM, TO } = process.env;
const transport = nodemailer.createTransport({
  host: HOST,
  port: Number(PORT),
  secure: SECURE === "yes",
  requireTLS: SECURE !== "yes",
  auth: { user: USERNAME, pass: PASSWORD },
  tls: { ca: readFileSync(CA) },
});
const sent = await transport.sendMail({
  from: FROM,
  to: TO,
  subject: "Grüße von nodemailer",
  text: "Zeile mit Umlauten: äöü\n.\n..",
  html: "<p>Zeile mit Umlauten: äöü</p>",
  attachments: [{ filename: "a.bin", content: Buffer.alloc(100_000, "xyz\n") }],
});
console.log(sent.response);
transport.close();
