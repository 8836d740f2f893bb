import { collectDefaultMetrics, Counter, Gauge, Histogram, Registry } from 'prom-client'
import type { Deny } from '../grant/deny.js'
import type { Mint } from '../grant/mint.js'
import type { Change, Store } from '../grant/store.js'
import type { Wrote } from '../store/wrote.js'
import type { Clock } from '../time.js'

/**
 * Counts and times for Prometheus; docs/metrics.md lists them. Every label's values are a closed set, or names from
 * the configuration: no subject, role, account or address, so that nobody can make the metrics grow, or read from
 * them who did what.
 */
export interface Metrics {
  readonly registry: Registry
  /** A request that was answered; `operation` is `none` where no operation of the contract was met. */
  answered(operation: string, status: number, seconds: number): void
  /** The same store, with what it durably recorded counted: the metrics say no more than the record does. */
  countRecord(store: Store): Store
  /** One look of the signing job, with its failures and what it left unsigned counted. */
  countSealing(run: () => Promise<{ readonly unsigned: number }>): Promise<void>
  /** The same mint, with its calls counted and timed. */
  timeMint(mint: Mint, clock: Clock): Mint
  /** The same port to IAM, with its writes counted and timed. */
  timeDeny(deny: Deny, clock: Clock): Deny
  /** A batch of writes that the store has on disk. */
  readonly wrote: Wrote
  /** Spans, by what became of them. */
  countSpans(outcome: 'sent' | 'lost', spans: number): void
}

/** A registry of its own, which the process's figures are in too. */
export function createMetrics(): Metrics {
  const registry = new Registry()
  const registers = [registry]
  collectDefaultMetrics({ register: registry })
  const requests = new Counter({
    name: 'stint_http_requests_total',
    help: 'Requests answered.',
    labelNames: ['operation', 'status'],
    registers,
  })
  const seconds = new Histogram({
    name: 'stint_http_request_seconds',
    help: 'Time to answer; reading one grant excepted, since it may be held.',
    labelNames: ['operation'],
    buckets: [0.005, 0.02, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10],
    registers,
  })
  const events = new Counter({
    name: 'stint_events_total',
    help: 'Events recorded.',
    labelNames: ['kind'],
    registers,
  })
  const decisions = new Counter({
    name: 'stint_decisions_total',
    help: 'Asks recorded, by the outcome of their first decision.',
    labelNames: ['outcome'],
    registers,
  })
  const issuances = new Counter({
    name: 'stint_issuances_total',
    help: 'Issuances recorded, by the state they came to.',
    labelNames: ['state'],
    registers,
  })
  const sts = new Histogram({
    name: 'stint_sts_seconds',
    help: 'Time for STS to answer, with retries.',
    labelNames: ['outcome'],
    buckets: [0.025, 0.05, 0.1, 0.2, 0.4, 0.8, 1.6, 3.2, 6.4, 12.8],
    registers,
  })
  const iam = new Histogram({
    name: 'stint_iam_seconds',
    help: 'Time to have AWS deny on one role.',
    labelNames: ['outcome'],
    buckets: [0.1, 0.2, 0.4, 0.8, 1.6, 3.2, 6.4, 12.8],
    registers,
  })
  const unsigned = new Gauge({
    name: 'stint_record_unsigned_events',
    help: 'Events that no checkpoint is of yet, as it was seen last.',
    registers,
  })
  const unsealed = new Counter({
    name: 'stint_checkpoint_failures_total',
    help: 'Times that a checkpoint was not signed, or not put where it belongs.',
    registers,
  })
  const required = new Counter({
    name: 'stint_approvals_required_total',
    help: 'Asks that a rule sent to approval.',
    labelNames: ['rule'],
    registers,
  })
  const failed = new Counter({
    name: 'stint_checks_failed_total',
    help: 'Checks that failed in the first decision of an ask.',
    labelNames: ['check'],
    registers,
  })
  const votes = new Counter({
    name: 'stint_votes_total',
    help: 'Votes recorded.',
    labelNames: ['answer'],
    registers,
  })
  const commits = new Histogram({
    name: 'stint_commit_seconds',
    help: 'Time until a batch of writes was on disk.',
    buckets: [0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5],
    registers,
  })
  const batches = new Histogram({
    name: 'stint_commit_batch_writes',
    help: 'Writes that went to disk together.',
    buckets: [1, 2, 5, 10, 20, 50, 100, 200, 500],
    registers,
  })
  const spans = new Counter({
    name: 'stint_trace_spans_total',
    help: 'Spans that the collector took, and those that were lost on the way.',
    labelNames: ['outcome'],
    registers,
  })
  const queue = new Gauge({
    name: 'stint_commits_waiting',
    help: 'Changes that are not yet on disk.',
    registers,
  })

  function countChange({ grant, vote, issuance, events: recorded, expect }: Change) {
    for (const { kind } of recorded) events.inc({ kind })
    if (grant && expect?.some(({ version }) => version === 0)) {
      const { outcome, checks, requirements } = grant.decision
      decisions.inc({ outcome })
      for (const { check } of checks.filter(({ ok }) => !ok)) failed.inc({ check })
      for (const { rule } of requirements) required.inc({ rule })
    }
    if (vote) votes.inc({ answer: vote.answer })
    if (issuance) issuances.inc({ state: issuance.row.state })
  }

  return {
    registry,
    answered(operation, status, took) {
      requests.inc({ operation, status })
      if (operation !== 'read') seconds.observe({ operation }, took)
    },
    countRecord: (store) => ({
      ...store,
      async commit(change) {
        queue.inc()
        const outcome = await store.commit(change).finally(() => queue.dec())
        if (outcome.ok) countChange(change)
        return outcome
      },
    }),
    timeDeny: (deny, clock) => ({
      async write(order) {
        const began = clock()
        const denied = await deny.write(order)
        iam.observe({ outcome: denied.ok ? 'done' : denied.fault }, Math.max(0, clock() - began) / 1_000)
        return denied
      },
    }),
    async countSealing(run) {
      try {
        unsigned.set((await run()).unsigned)
      } catch (error) {
        unsealed.inc()
        throw error
      }
    },
    timeMint: (mint, clock) => ({
      async assume(order) {
        const began = clock()
        const minted = await mint.assume(order)
        const outcome = minted.ok ? 'done' : minted.fault.code
        sts.observe({ outcome }, Math.max(0, clock() - began) / 1_000)
        return minted
      },
      longest: () => mint.longest(),
      lastSeen: () => mint.lastSeen(),
    }),
    countSpans: (outcome, count) => spans.inc({ outcome }, count),
    wrote(writes, took) {
      batches.observe(writes)
      commits.observe(took / 1_000)
    },
  }
}
