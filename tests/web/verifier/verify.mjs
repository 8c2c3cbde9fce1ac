// Reads {credential, documents} and says what the libraries of the Digital Credentials Consortium make of it.
// (jsonld calls RDFC-1.0 by its earlier name, URDNA2015.) Nothing is fetched: a document that is not among those given is not there.
import {DataIntegrityProof} from '@digitalcredentials/data-integrity';
import {cryptosuite} from '@digitalcredentials/eddsa-rdfc-2022-cryptosuite';
import {verifyCredential} from '@digitalcredentials/vc';
import {checkStatus} from '@digitalcredentials/vc-bitstring-status-list';
import jsonld from 'jsonld';

let text = '';
for await (const part of process.stdin) text += part;
const {credential, documents} = JSON.parse(text);

async function documentLoader(url) {
  const [base] = url.split('#');
  const found = documents[url] ?? documents[base];
  if (!found) throw new Error(`not there: ${url}`);
  const method = (found.verificationMethod ?? []).find(each => each.id === url);
  const document = method ? {'@context': 'https://w3id.org/security/multikey/v1', ...method} : found;
  if (url.startsWith('did:') && url.includes('#') && !method) throw new Error(`not there: ${url}`);
  return {contextUrl: null, documentUrl: url, document};
}

const suite = new DataIntegrityProof({cryptosuite});
let said;
try {
  said = await verifyCredential({
    credential,
    suite,
    documentLoader,
    checkStatus: given => checkStatus({...given, suite, verifyBitstringStatusListCredential: true}),
  });
} catch (error) {
  said = {verified: false, error};
}
const why = JSON.stringify(said, (_, value) =>
  value instanceof Error ? {message: value.message, ...value} : value);
const {proof, ...bare} = credential;
const nquads = await jsonld.canonize(bare, {
  algorithm: 'URDNA2015', format: 'application/n-quads', documentLoader, safe: true,
}).catch(error => String(error));
console.log(JSON.stringify({verified: said.verified, why, nquads}));
