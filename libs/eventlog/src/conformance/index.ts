/**
 * What every adapter of the log port keeps: `describeEventLog('memory', createLog)` inside a spec file runs the suite.
 * Each test works on topics and groups of its own, so one log may serve the whole suite.
 */
import { describeMembership } from './membership.conformance';
import { describeReading } from './reading.conformance';
import { describeTopics } from './topics.conformance';
import type { LogUnderTest } from './under-test';
import { describeWriting } from './writing.conformance';

export type { LogUnderTest } from './under-test';

export const describeEventLog = (name: string, createLog: () => Promise<LogUnderTest>): void => {
  describe(`the log port, ${name}`, () => {
    let subject: LogUnderTest | undefined;
    const underTest = (): LogUnderTest => subject!;

    beforeAll(async () => {
      subject = await createLog();
    }, 180_000);

    afterAll(async () => {
      await subject?.cleanup();
    }, 60_000);

    describeTopics(underTest);
    describeWriting(underTest);
    describeReading(underTest);
    describeMembership(underTest);
  });
};
