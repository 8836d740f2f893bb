import fc from 'fast-check'
import { randomInt } from 'node:crypto'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { startCluster } from '../support/cluster.js'
import { createJudge, type Answer } from '../support/fuzz/answers.js'
import { createClient, isHeld, told } from '../support/fuzz/client.js'
import { readContract } from '../support/fuzz/contract.js'
import { requestsTo, wellMade, type Recipe } from '../support/fuzz/requests.js'
import { slackRequests } from '../support/fuzz/slack.js'
import type { Slack } from '../support/slack.js'
import { startSlackStint } from '../support/slack-stint.js'
import { usualRules } from '../support/stint.js'

const contract = readContract(readFileSync('openapi.yaml', 'utf8'))

// `npm run fuzz` runs this file for longer, or again with the seed that a failure told.
const {
  STINT_TEST_FUZZ_SEED: wantedSeed,
  STINT_TEST_FUZZ_RUNS: wantedRuns,
  STINT_TEST_FUZZ_STORE: store = 'sqlite',
} = process.env
const seed = wantedSeed === undefined ? randomInt(2 ** 31) : Number(wantedSeed)
const numRuns = wantedRuns === undefined ? 200 : Number(wantedRuns)

/** Of the two asks in the contract's examples one is allowed at once, and one waits for a lead. */
const rules = `${usualRules.replace(
  'approvals:',
  'approvals:\n  - { name: ticketed, when: ask.ticket == "OPS-4711", votes: 1, by: { groups: [leads] }, within: 1h }',
)}
voters: { from: any }
slack: { channel: C0APPROVALS, workspaces: [T0ACME] }
`

/** What changes something, more often: there is more behind it. */
const requestsFor = (slack: Slack) =>
  contract.operations.map((operation) => ({
    weight: operation.method === 'GET' ? 1 : 3,
    arbitrary:
      operation.id === 'slack'
        ? fc.oneof(
            requestsTo(contract, operation),
            slackRequests(slack, operation),
            slackRequests(slack, operation),
          )
        : requestsTo(contract, operation),
  }))

/** Asks as the contract has them, so that there is something behind an id. */
const asks = contract.operations
  .filter(({ id }) => id === 'ask')
  .flatMap((operation) => wellMade(contract, operation, 'ana'))

/** After the clock has moved on: now and then an ask, and then what is sent at once. */
const batchesFor = (slack: Slack) =>
  fc.record({
    later: fc.constantFrom(0, 0, 1_000, 60_000, 1_200_000),
    first: fc.option(fc.constantFrom(...asks), { freq: 2 }),
    recipes: fc.array(fc.oneof(...requestsFor(slack)), { minLength: 1, maxLength: 8 }),
  })

t.test('whatever is sent, the answer is one that the contract has', async (t) => {
  t.comment(`seed ${seed}; once more: npm run fuzz -- --seed ${seed} --runs ${numRuns} --store ${store}`)
  const cluster = store === 'postgres' ? await startCluster() : undefined
  if (store === 'postgres' && !cluster)
    throw new Error('PostgreSQL is not installed: --store sqlite does without.')
  const url = await cluster?.fresh()
  const stint = await startSlackStint({
    rules,
    change: (same) => (url === undefined ? same : { ...same, env: { ...same.env, STINT_STORE: url } }),
  })
  for (const lead of ['bo', 'dan'] as const) await stint.link(lead)
  const client = createClient(stint)
  t.teardown(async () => {
    client.close()
    await closed()
    await cluster?.close()
  })
  let closing: Promise<void> | undefined
  const closed = () => (closing ??= stint.close())
  const judge = createJudge(contract)
  const met = new Map<string, number>()
  const refusals: string[] = []
  const held: Promise<string | undefined>[] = []

  async function judged(recipe: Recipe): Promise<string | undefined> {
    const answer = await client.send(recipe).catch((error: Error) => error)
    if (answer instanceof Error) return `${told(recipe)}\nhas no answer: ${answer.message}`
    count(recipe, answer)
    const complaint = judge(recipe, answer)
    return (
      complaint &&
      `${told(recipe)}\nis answered ${answer.status} ${answer.text.slice(0, 1_000)}\nwhich ${complaint}`
    )
  }
  function count({ operation, method }: Recipe, { status, text }: Answer) {
    const of = `${method === operation.method ? operation.id : method} ${status}`
    met.set(of, (met.get(of) ?? 0) + 1)
    if (status >= 400) refusals.push(text)
  }

  const found: (string | undefined)[] = []
  await fc.check(
    fc.asyncProperty(batchesFor(stint.slack), async ({ later, first, recipes }) => {
      // PostgreSQL has a clock of its own, which nobody moves: everything else goes by the same.
      stint.clock.advance(cluster ? Math.max(0, Date.now() - stint.clock()) : later)
      if (first) found.push(await judged(first))
      const answers = recipes.map((recipe) => ({ complaint: judged(recipe), isHeld: isHeld(recipe) }))
      for (const { isHeld, complaint } of answers)
        if (isHeld) held.push(complaint)
        else found.push(await complaint)
      return !found.some(Boolean)
    }),
    // What one batch changed is there for the next, so a failure is told as it came, and not made smaller.
    { seed, numRuns, endOnFailure: true },
  )
  t.strictSame(found.filter(Boolean), [], 'each answer is one of the contract')
  t.comment(
    [...met]
      .sort()
      .map(([of, times]) => `${of}: ${times}`)
      .join(', '),
  )

  const unmet = contract.operations.filter(({ id }) => ![...met.keys()].some((of) => of.startsWith(`${id} `)))
  t.strictSame(unmet, [], 'every operation of the contract was met')

  const written = [
    ...readdirSync(stint.folder).map((name) => readFileSync(join(stint.folder, name), 'latin1')),
    ...stint.log,
    ...refusals,
    JSON.stringify([stint.slack.calls, stint.slack.answers]),
  ].join('\n')
  t.ok(stint.sts.secrets.length > 20, 'credentials were minted')
  t.strictSame(
    stint.sts.secrets.filter((secret) => written.includes(secret)),
    [],
    'and none is in a file, a line of the log, a refusal, or Slack',
  )
  const broken = stint.log.filter((line) => /"level":50|from Slack failed/.test(line))
  t.strictSame(broken.slice(0, 3), [], 'nothing failed inside')
  await closed()
  t.strictSame(
    (await Promise.all(held)).filter(Boolean),
    [],
    'what was held is answered, at the latest by closing',
  )
})
