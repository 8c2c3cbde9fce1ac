// Prints each audit of graphql-http as one line of JSON: its id, its name, whether it passed, and why not.
import { serverAudits } from 'graphql-http';

for (const audit of serverAudits({ url: process.argv[2] })) {
  const result = await audit.fn();
  const reason = result.status === 'ok' ? null : result.reason;
  console.log(JSON.stringify({ id: audit.id, name: audit.name, status: result.status, reason }));
}
