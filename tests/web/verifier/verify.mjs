// Reads {documents, forms} and says, of each form of a credential, what libraries that others wrote make of it:
// those of the Digital Credentials Consortium of JSON, did-jwt of a JWT, ExifReader and xmldom of what is in a picture.
// Nothing is fetched: a document that is not among those given is not there.
import {DataIntegrityProof} from '@digitalcredentials/data-integrity';
import {cryptosuite} from '@digitalcredentials/eddsa-rdfc-2022-cryptosuite';
import {verifyCredential} from '@digitalcredentials/vc';
import {checkStatus} from '@digitalcredentials/vc-bitstring-status-list';
import {DOMParser} from '@xmldom/xmldom';
import {verifyJWT} from 'did-jwt';
import {Resolver} from 'did-resolver';
import ExifReader from 'exifreader';
import jsonld from 'jsonld';

let text = '';
for await (const part of process.stdin) text += part;
const {documents, forms} = JSON.parse(text);

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
const statusOf = given => checkStatus({...given, documentLoader, suite, verifyBitstringStatusListCredential: true});

async function ofJson(credential) {
  const said = await verifyCredential({credential, suite, documentLoader, checkStatus: statusOf});
  const {proof, ...bare} = credential;
  const nquads = await jsonld.canonize(bare, {
    algorithm: 'URDNA2015', format: 'application/n-quads', documentLoader, safe: true, // RDFC-1.0 by its earlier name
  }).catch(error => String(error));
  return {...said, nquads};
}

const resolver = new Resolver({
  web: async did => ({
    didDocument: documents[did] ?? null,
    didDocumentMetadata: {},
    didResolutionMetadata: documents[did] ? {} : {error: 'notFound'},
  }),
});

// did-jwt knows no status lists: what is in its claims is asked of the library that does.
async function ofJwt(jwt) {
  const {verified: signed, payload} = await verifyJWT(jwt, {resolver, proofPurpose: 'assertionMethod', skewTime: 0});
  const {verified} = payload.credentialStatus ? await statusOf({credential: payload}) : {verified: true};
  return {signed, verified: signed && verified, log: [{id: 'revocation_status', valid: verified}]};
}

const inside = {
  json: data => data.toString(),
  png: data => ExifReader.load(data).openbadgecredential.value,
  svg: data => new DOMParser().parseFromString(data.toString(), 'image/svg+xml')
    .getElementsByTagNameNS('https://purl.imsglobal.org/ob/v3p0', 'credential')[0].textContent,
};

// What went wrong, without the documents that it went wrong with.
function* complaints(said) {
  if (said instanceof Error) yield said.message;
  if (said?.valid === false) yield `${said.id}: not valid`;
  for (const name of ['error', 'errors', 'cause', 'log', 'results']) {
    for (const inner of [said?.[name] ?? []].flat()) yield* complaints(inner);
  }
}

const told = {};
for (const [form, encoded] of Object.entries(forms)) {
  const data = Buffer.from(encoded, 'base64');
  let said;
  try {
    said = form === 'jwt' ? await ofJwt(data.toString()) : await ofJson(JSON.parse(inside[form](data)));
  } catch (error) {
    said = {verified: false, error};
  }
  const {verified, signed, nquads} = said;
  told[form] = {verified, signed, nquads, why: [...new Set(complaints(said))].join('; ')};
}
console.log(JSON.stringify(told));
