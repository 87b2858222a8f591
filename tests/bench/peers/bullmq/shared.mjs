// Shared by producer and worker. Receivers and their states are hashes in the same Redis as the queue.

import Redis from "ioredis";

export const QUEUE = "deliveries";
export const receiver = (id) => `receiver:${id}`;
export const delivery = (id) => `delivery:${id}`;

export const connection = () =>
  new Redis(process.env.REDIS_URL, { maxRetriesPerRequest: null });

// Counts the commands sent to Redis, by BullMQ and by us, which a hosted Redis would bill.
export const requests = { count: 0 };
const sendCommand = Redis.prototype.sendCommand;
Redis.prototype.sendCommand = function (...given) {
  requests.count += 1;
  return sendCommand.apply(this, given);
};
