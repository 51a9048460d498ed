// Real newsletter HTML as a JSON object, name to text: what mjml and mailgen make, and the templates that
// foundation-emails and responsive-html-email-template ship, their "#" links with targets of their own.
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import Mailgen from "mailgen";
import mjml2html from "mjml";

const packages = new URL("node_modules/", import.meta.url).pathname;
const letters = {};
let links = 0;
const target = () => `https://shop.example/l/${++links}?utm_source=letter&utm_medium=mail&id=${links}`;
const written = () => target().replaceAll("&", "&amp;");

function addFolder(name, folder) {
  for (const file of readdirSync(join(packages, folder)).filter((one) => one.endsWith(".html"))) {
    const text = readFileSync(join(packages, folder, file), "utf8");
    letters[`${name}/${file}`] = text.replaceAll(/href="(#|undefined)?"/g, () => `href="${written()}"`);
  }
}

const page = `
<mjml><mj-head><mj-title>News &amp; more</mj-title><mj-preview>Grüße aus 東京</mj-preview></mj-head><mj-body>
<mj-hero background-url="https://img.shop.example/h.png" background-height="200px" background-width="600px">
  <mj-text>Größer, <a href="LINK">schneller</a></mj-text><mj-button href="LINK">Buy</mj-button></mj-hero>
<mj-section background-url="https://img.shop.example/b.png"><mj-column>
  <mj-navbar hamburger="hamburger" base-url=""><mj-navbar-link href="LINK">A</mj-navbar-link>
    <mj-navbar-link href="LINK">B</mj-navbar-link></mj-navbar>
  <mj-image src="https://img.shop.example/i.png" href="LINK" alt="i" />
  <mj-social mode="horizontal"><mj-social-element name="facebook" href="LINK">F</mj-social-element>
    <mj-social-element name="x" href="LINK">X</mj-social-element></mj-social>
  <mj-table><tr><td><a href="LINK">cell</a></td><td><a href="mailto:a@shop.example">mail</a></td></tr></mj-table>
  <mj-carousel><mj-carousel-image src="https://img.shop.example/1.png" href="LINK" />
    <mj-carousel-image src="https://img.shop.example/2.png" href="LINK" /></mj-carousel>
  <mj-accordion><mj-accordion-element><mj-accordion-title>T</mj-accordion-title>
    <mj-accordion-text><a href="LINK">in</a></mj-accordion-text></mj-accordion-element></mj-accordion>
  <mj-raw><!--[if mso]><v:roundrect href="LINK" style="height:40px;width:200px"><center>Buy</center></v:roundrect>
    <![endif]--><!--[if !mso]><!--><a href="LINK">Buy</a><!--<![endif]--></mj-raw>
</mj-column></mj-section></mj-body></mjml>`;
letters["mjml/everything"] = (await mjml2html(page.replaceAll("LINK", written))).html;
letters["mjml/long"] = (
  await mjml2html(
    `<mjml><mj-body>${"<mj-section><mj-column><mj-button href='LINK'>Buy</mj-button><mj-text>Lorem ipsum <a href='LINK'>dolor</a></mj-text></mj-column></mj-section>".repeat(25)}</mj-body></mjml>`.replaceAll("LINK", written),
  )
).html;

for (const theme of ["default", "neopolitan", "salted", "cerberus"]) {
  const generator = new Mailgen({ theme, product: { name: "Shop", link: target(), logo: "https://img.shop.example/l.png" } });
  letters[`mailgen/${theme}`] = generator.generate({
    body: {
      name: "Zoë",
      intro: "Your order has left us.",
      table: { data: [{ item: "Book", price: "€ 10" }] },
      action: [
        { instructions: "Follow it:", button: { color: "#22BC66", text: "Where is it?", link: target() } },
        { instructions: "Or:", button: { color: "#DC4D2F", text: "Send it back", link: target() } },
      ],
      outro: `Questions? <a href="${written()}">Ask</a> us.`,
    },
  });
}

addFolder("foundation", "foundation-emails/.download/templates");
addFolder("foundation-tests", "foundation-emails/test/visual/pages");
addFolder("responsive", "responsive-html-email-template");
console.log(JSON.stringify(letters));
