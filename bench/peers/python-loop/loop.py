"""Payments in, predictions out, as a plain loop over librdkafka.

    loop.py --brokers B --input T --output T --model FILE --group G [--count N] [--batch ROWS]

The windows live in this process alone: after a crash the loop goes on from its committed offsets with empty windows. It commits
after the predictions are durable, so no payment is lost and some are scored twice.
"""

import argparse
import signal
import sys
from bisect import bisect_right
from datetime import datetime

import numpy as np
import onnxruntime
import orjson
from confluent_kafka import Consumer, Producer

DAY = 86_400_000
WIDTHS = (DAY, 7 * DAY, 30 * DAY)
KEPT = 31 * DAY


class Customer:
    """Payments of the last 31 days in the order of event time, and the sums (in whole cents) of three windows at the newest."""

    __slots__ = ("times", "cents", "starts", "sums")

    def __init__(self):
        self.times = []
        self.cents = []
        self.starts = [0, 0, 0]
        self.sums = [0, 0, 0]

    def add(self, time, cents):
        """Six values, count and mean for each width, of (time - width, time] with this payment counted in."""
        times = self.times
        if times and time < times[-1]:
            return self.add_late(time, cents)
        kept, starts, sums = self.cents, self.starts, self.sums
        times.append(time)
        kept.append(cents)
        count = len(times)
        values = []
        for w in (0, 1, 2):
            bound = time - WIDTHS[w]
            start = starts[w]
            total = sums[w] + cents
            while times[start] <= bound:
                total -= kept[start]
                start += 1
            starts[w] = start
            sums[w] = total
            values.append(count - start)
            values.append(total / ((count - start) * 100))
        if starts[2] > 64 and starts[2] * 2 > count:
            self.prune()
        return values

    def add_late(self, time, cents):
        index = bisect_right(self.times, time)
        self.times.insert(index, time)
        self.cents.insert(index, cents)
        self.starts = [bisect_right(self.times, self.times[-1] - width) for width in WIDTHS]
        self.sums = [sum(self.cents[start:]) for start in self.starts]
        values = []
        for width in WIDTHS:
            seen = self.cents[bisect_right(self.times, time - width) : index + 1]
            values += [len(seen), sum(seen) / (len(seen) * 100)]
        return values

    def prune(self):
        gone = bisect_right(self.times, self.times[-1] - KEPT)
        del self.times[:gone]
        del self.cents[:gone]
        self.starts = [start - gone for start in self.starts]


def load(path):
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    options.inter_op_num_threads = 1
    session = onnxruntime.InferenceSession(path, options, providers=["CPUExecutionProvider"])
    name = session.get_inputs()[0].name
    return lambda rows: session.run(None, {name: np.array(rows, dtype=np.float32)})[0].ravel().tolist()


def main():
    parser = argparse.ArgumentParser()
    for name in ("brokers", "input", "output", "model", "group"):
        parser.add_argument(f"--{name}", required=True)
    parser.add_argument("--count", type=int, default=sys.maxsize)
    parser.add_argument("--batch", type=int, default=500)
    args = parser.parse_args()

    running = True

    def end(_signal, _frame):
        nonlocal running
        running = False

    signal.signal(signal.SIGTERM, end)
    score = load(args.model)
    consumer = Consumer(
        {
            "bootstrap.servers": args.brokers,
            "group.id": args.group,
            "group.instance.id": args.group,
            "auto.offset.reset": "earliest",
            "enable.auto.commit": False,
            "session.timeout.ms": 6000,
            "queued.min.messages": 100_000,
        }
    )
    producer = Producer(
        {
            "bootstrap.servers": args.brokers,
            "acks": "all",
            "enable.idempotence": True,
            "linger.ms": 1,
            "queue.buffering.max.messages": 1_000_000,
        }
    )
    failures = []

    def delivered(error, _message):
        if error is not None:
            failures.append(error)

    customers = {}
    done = 0
    parse = datetime.fromisoformat
    consumer.subscribe([args.input], on_assign=lambda *_: print("ready", flush=True))
    while running and done < args.count:
        messages = []
        for message in consumer.consume(args.batch, 0.005):
            if message.error() is not None:
                raise RuntimeError(message.error())
            messages.append(message)
        if not messages:
            continue
        payments = [orjson.loads(message.value()) for message in messages]
        rows = []
        for payment in payments:
            customer = customers.get(payment["customer_id"])
            if customer is None:
                customer = customers[payment["customer_id"]] = Customer()
            time = round(parse(payment["event_time"]).timestamp() * 1000)
            rows.append(customer.add(time, round(payment["amount"] * 100)))
        for message, payment, values, probability in zip(messages, payments, rows, score(rows)):
            output = {"transaction_id": payment["transaction_id"], "values": values, "score": probability}
            producer.produce(
                args.output,
                orjson.dumps(output),
                message.key(),
                message.partition(),
                on_delivery=delivered,
            )
        producer.flush()
        if failures:
            raise RuntimeError(failures[0])
        consumer.commit(asynchronous=True)
        done += len(messages)
    consumer.commit(offsets=consumer.position(consumer.assignment()), asynchronous=False)
    consumer.close()


main()
