// Sends: takes a job, renders the template, calls the provider once, and records the state of the receiver.

import { Worker } from "bullmq";
import Handlebars from "handlebars";
import http from "node:http";
import { QUEUE, connection, delivery, receiver, requests } from "./shared.mjs";

const template = Handlebars.compile(process.env.TEMPLATE);
const provider = new URL(process.env.PROVIDER_URL);
const agent = new http.Agent({ keepAlive: true, maxSockets: 10 });
const redis = connection();

const call = (body) =>
  new Promise((resolve, reject) => {
    const request = http.request(
      provider,
      {
        method: "POST",
        agent,
        headers: { "content-type": "application/json", authorization: process.env.AUTHORIZATION },
      },
      (response) => {
        let text = "";
        response.on("data", (chunk) => (text += chunk));
        response.on("end", () => resolve({ status: response.statusCode, text }));
        response.on("error", reject);
      },
    );
    request.on("error", reject);
    request.end(body);
  });

const worker = new Worker(
  QUEUE,
  async ({ data: { id } }) => {
    const person = await redis.hgetall(receiver(id));
    const text = template(person);
    const answer = await call(JSON.stringify({ to: person.mobile, body: text }));
    if (answer.status !== 201) throw new Error(`the provider answered ${answer.status}`);
    await redis.hset(delivery(id), { state: "sent", at: Date.now(), provider_id: JSON.parse(answer.text)[0].id });
  },
  {
    connection: connection(),
    concurrency: 10,
    // A dead worker has to be detected quickly, or each kill would take minutes.
    lockDuration: 3000,
    stalledInterval: 1000,
    maxStalledCount: 1000,
  },
);
await worker.waitUntilReady();
console.log("ready");

// Requested by the benchmark when everything is sent.
process.on("SIGTERM", () => {
  console.log(JSON.stringify({ requests: requests.count }));
  process.exit(0);
});
