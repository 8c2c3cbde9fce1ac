// An OpenID provider that others wrote (panva's oidc-provider, certified), for people who say who they are.
//
//   node provider.mjs    with what it is to be as JSON on standard input
//
// Prints where it is, and ends when its standard input does.
import { once } from 'node:events';
import { createServer } from 'node:http';
import { createInterface } from 'node:readline';

import Provider from 'oidc-provider';

const lines = createInterface({ input: process.stdin })[Symbol.asyncIterator]();
const { clients, keys } = JSON.parse((await lines.next()).value);

const server = createServer();
server.listen(0, '127.0.0.1');
await once(server, 'listening');
const issuer = `http://127.0.0.1:${server.address().port}`;

const provider = new Provider(issuer, {
  clients,
  jwks: { keys },
  cookies: { keys: ['a key of the test'] },
  claims: { email: ['email', 'email_verified'], profile: ['name'] },
  enabledJWA: { idTokenSigningAlgValues: ['RS256', 'PS256', 'ES256', 'EdDSA'] },
  scopes: ['openid', 'email', 'profile', 'people:read'],
  findAccount: (_context, id) => ({
    accountId: id,
    claims: () => ({ sub: id, name: id, email: id, email_verified: true }),
  }),
  fetch: (url, { dispatcher, ...options }) => fetch(url, options), // it would not speak to loopback
  features: {
    devInteractions: { enabled: true },
    backchannelLogout: { enabled: true },
    clientCredentials: { enabled: true },
    rpInitiatedLogout: { enabled: true },
    resourceIndicators: {
      enabled: true,
      defaultResource: () => undefined,
      getResourceServerInfo: (_context, resource, client) => ({
        audience: resource,
        scope: 'people:read',
        accessTokenFormat: 'jwt',
        jwt: { sign: { alg: client.idTokenSignedResponseAlg } },
      }),
    },
  },
});
for (const event of ['server_error', 'backchannel.error']) {
  provider.on(event, (_context, error) => console.error(event, error));
}

server.on('request', provider.callback());
console.log(issuer);
for await (const _ of lines);
server.closeAllConnections();
server.close();
