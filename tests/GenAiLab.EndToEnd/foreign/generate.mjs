// Usage: node generate.mjs ADDRESS PROTOS REQUEST-JSON
// Streams genailab.v1.Orchestrator/Generate and prints one JSON object per event, then the status.
import grpc from '@grpc/grpc-js';
import loader from '@grpc/proto-loader';

const [address, protos, request] = process.argv.slice(2);
const definition = loader.loadSync('genailab/v1/orchestrator.proto', {
  includeDirs: [protos], keepCase: true, longs: String, enums: String, oneofs: true,
});
const { Orchestrator } = grpc.loadPackageDefinition(definition).genailab.v1;
const client = new Orchestrator(address, grpc.credentials.createInsecure());
const call = client.Generate(JSON.parse(request), { deadline: Date.now() + 30_000 });
call.on('data', event => console.log(JSON.stringify(event)));
call.on('error', () => {});
call.on('status', status => {
  console.log(JSON.stringify({ status: grpc.status[status.code], details: status.details }));
  client.close();
});
