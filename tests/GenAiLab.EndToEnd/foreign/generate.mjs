// Usage: node generate.mjs ADDRESS PROTOS REQUEST-JSON
// Streams genailab.v1.Orchestrator/Generate and prints one JSON object per event, then the status.
// CA, CERT and KEY in the environment name PEM files for TLS; API_KEY is sent as a bearer token.
import { readFileSync } from 'node:fs';
import grpc from '@grpc/grpc-js';
import loader from '@grpc/proto-loader';

const [address, protos, request] = process.argv.slice(2);
const definition = loader.loadSync('genailab/v1/orchestrator.proto', {
  includeDirs: [protos], keepCase: true, longs: String, enums: String, oneofs: true,
});
const { Orchestrator } = grpc.loadPackageDefinition(definition).genailab.v1;
const { CA, CERT, KEY, API_KEY } = process.env;
const file = path => path ? readFileSync(path) : null;
const credentials = CA ? grpc.credentials.createSsl(file(CA), file(KEY), file(CERT)) : grpc.credentials.createInsecure();
const metadata = new grpc.Metadata();
if (API_KEY) metadata.set('authorization', `Bearer ${API_KEY}`);
const client = new Orchestrator(address, credentials);
const call = client.Generate(JSON.parse(request), metadata, { deadline: Date.now() + 30_000 });
call.on('data', event => console.log(JSON.stringify(event)));
call.on('error', () => {});
call.on('status', status => {
  console.log(JSON.stringify({ status: grpc.status[status.code], details: status.details }));
  client.close();
});
