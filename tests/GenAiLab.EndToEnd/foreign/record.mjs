// Usage: node record.mjs ADDRESS PROTOS REQUEST-JSON
// Calls genailab.v1.Preferences/RecordPreference, prints the response as JSON, then the status.
import grpc from '@grpc/grpc-js';
import loader from '@grpc/proto-loader';

const [address, protos, request] = process.argv.slice(2);
const definition = loader.loadSync('genailab/v1/preferences.proto', {
  includeDirs: [protos], keepCase: true, longs: String, enums: String, oneofs: true,
});
const { Preferences } = grpc.loadPackageDefinition(definition).genailab.v1;
const client = new Preferences(address, grpc.credentials.createInsecure());
client.RecordPreference(JSON.parse(request), { deadline: Date.now() + 30_000 }, (error, response) => {
  if (response) console.log(JSON.stringify(response));
  console.log(JSON.stringify({ status: grpc.status[error?.code ?? grpc.status.OK], details: error?.details ?? '' }));
  client.close();
});
