// Stores receivers and creates a job for each, with the receiver's id as the job id, so that nobody is queued twice.
// usage: node producer.mjs <receivers>

import { Queue } from "bullmq";
import { QUEUE, connection, receiver, requests } from "./shared.mjs";

const receivers = Number(process.argv[2]);
const redis = connection();
const queue = new Queue(QUEUE, { connection: connection() });
const CHUNK = 1000;

for (let first = 0; first < receivers; first += CHUNK) {
  const ids = Array.from({ length: Math.min(CHUNK, receivers - first) }, (_, at) => first + at);
  const pipeline = redis.pipeline();
  for (const id of ids) {
    pipeline.hset(receiver(id), {
      mobile: `+447400${String(id).padStart(6, "0")}`,
      first_name: "Aurelia",
      number: `M-${id}`,
      amount: "48.00 EUR",
      due: "31 March",
    });
  }
  await pipeline.exec();
  await queue.addBulk(
    ids.map((id) => ({
      name: "send",
      data: { id },
      opts: {
        jobId: `receiver-${id}`,
        attempts: 5,
        backoff: { type: "exponential", delay: 200 },
        removeOnComplete: true,
      },
    })),
  );
}
console.log(JSON.stringify({ requests: requests.count }));
// BullMQ does not close connections that were passed to it.
process.exit(0);
