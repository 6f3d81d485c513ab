// Nodemailer's mailparser as a filter: messages in, what it would show or save out.
//
// Each message comes as a line with its octets' number, then the octets. Each answer is one line of JSON: a list of
// {kind: "attachment" | "text" | "html", octets: base64}, or {error}.
import { createRequire } from 'node:module';

const require = createRequire(process.cwd() + '/package.json');
const { simpleParser } = require('mailparser');
const options = { skipImageLinks: true, skipHtmlToText: true, skipTextToHtml: true, skipTextLinks: true };

async function extract(octets) {
  try {
    const mail = await simpleParser(octets, options);
    const found = mail.attachments.map((each) => ({ kind: 'attachment', octets: each.content.toString('base64') }));
    for (const kind of ['text', 'html']) {
      if (mail[kind]) found.push({ kind, octets: Buffer.from(mail[kind], 'utf8').toString('base64') });
    }
    return found;
  } catch (error) {
    return { error: String(error) };
  }
}

let pending = Buffer.alloc(0);
let queue = Promise.resolve();
process.stdin.on('data', (chunk) => {
  pending = Buffer.concat([pending, chunk]);
  for (;;) {
    const newline = pending.indexOf(10);
    if (newline < 0) return;
    const size = Number(pending.subarray(0, newline).toString('latin1'));
    if (pending.length < newline + 1 + size) return;
    const octets = pending.subarray(newline + 1, newline + 1 + size);
    pending = pending.subarray(newline + 1 + size);
    queue = queue.then(() => extract(octets)).then((found) => process.stdout.write(JSON.stringify(found) + '\n'));
  }
});
