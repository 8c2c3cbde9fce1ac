// Asks a query, a mutation and a subscription of the socket at an address, and prints each answer as a line.
import { createClient } from 'graphql-ws';
import WebSocket from 'ws';

const [, , url, ada] = process.argv;
const say = (line) => console.log(JSON.stringify(line));
const client = createClient({ url, webSocketImpl: WebSocket, retryAttempts: 0 });

const ask = (query, variables) =>
  new Promise((resolve, reject) => {
    client.subscribe({ query, variables }, {
      next: ({ data, errors }) => say(errors ? { errors } : { data }),
      error: (errors) => (Array.isArray(errors) ? (say({ error: errors[0].extensions.code }), resolve()) : reject(errors)),
      complete: resolve,
    });
  });

await ask('query ($id: ID!) { employee(id: $id) { displayName } }', { id: ada });
await ask('{ nothing }');
await ask('mutation { createTeam(input: {name: "By socket"}) { __typename } }');
await ask('subscription ($id: ID) { employeeChanged(manager: $id) { displayName } }', { id: ada });
say({ complete: true });
await client.dispose();
