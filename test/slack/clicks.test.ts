import '../support/loopback-only.js'
import t from 'tap'
import type { Person } from '../support/stint.js'
import { startSlackStint, userOf, viewText, type SlackStint } from '../support/slack-stint.js'
import { asForm, buttonClick, post, until } from '../support/slack-clicks.js'
import { listen } from '../support/wire.js'

interface Shown {
  readonly id: string
  readonly state: string
  readonly votes: readonly unknown[]
}

const ask = async (stint: SlackStint, reason = 'an order is stuck', as: 'ana' | 'bo' | 'job' = 'ana') => {
  const body = { role: 'orders-repair', reason, ticket: 'OPS-1' }
  return ((await stint.ask(as, body)).body['grant'] as unknown as Shown).id
}
const shown = async (stint: SlackStint, id: string, as: Person = 'cy') =>
  (await stint.call('GET', `/v1/grants/${id}`, { as })).body as unknown as Shown
const stateOf = async (stint: SlackStint, id: string) => (await shown(stint, id)).state
/** The recorded events of a kind, oldest first. */
async function eventsOf(stint: SlackStint, query: string): Promise<readonly object[]> {
  const { text } = await stint.call('GET', `/v1/audit/events?limit=1000&${query}`, {
    as: 'cy',
    headers: { accept: 'application/x-ndjson' },
  })
  return text
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as object)
}
const reaches = (stint: SlackStint, id: string, state: string) =>
  until(async () => (await stateOf(stint, id)) === state)

const stint = await startSlackStint()
t.teardown(() => stint.close())
for (const person of ['ana', 'ben', 'bo', 'dan', 'eve'] as const) await stint.link(person)
stint.slack.users.push({ id: userOf('cy'), name: 'cy', email: 'cy' })

await t.test(
  'a click counts as the vote of whom the user is linked to, and the record says how',
  async (t) => {
    const id = await ask(stint)
    t.equal(await stint.press('bo', 'approve', id, { quiet: true }), '')
    await reaches(stint, id, 'active')
    const grant = await shown(stint, id, 'ana')
    t.match(grant.votes, [{ voter: 'corp#bo', answer: 'yes', via: { road: 'slack', user: 'T0ACME/U0BO' } }])
    t.match((await eventsOf(stint, `grant=${id}&kind=vote.cast`))[0], {
      by: 'corp#bo',
      data: {
        voter: { address: '', groups: ['leads', 'engineers'], via: { road: 'slack', user: 'T0ACME/U0BO' } },
      },
    })
    t.equal((await stint.call('POST', `/v1/grants/${id}/credentials`, { as: 'ana' })).status, 201)
    t.equal(
      stint.slack.answers.filter(({ user }) => user === userOf('bo')).length,
      1,
      'only the link was answered',
    )
  },
)

/** Who clicks, on what, and what they are told; empty where it is done. */
const own = /Nobody approves their own ask/
const notYours = /no such grant, or it is not yours/
const rows: readonly (readonly [string, string, string, RegExp | 'done'])[] = [
  ['bo', 'approve', 'pending', 'done'],
  ['bo', 'deny', 'pending', 'done'],
  ['bo', 'revoke', 'pending', 'done'],
  ['bo', 'end', 'pending', /Only who asked can end it/],
  ['ana', 'approve', 'pending', own],
  ['ana', 'deny', 'pending', own],
  ['ana', 'revoke', 'pending', /who asked ends or cancels it/],
  ['ana', 'end', 'pending', /waits for approval still/],
  ['eve', 'approve', 'pending', notYours],
  ['eve', 'deny', 'pending', notYours],
  ['eve', 'revoke', 'pending', notYours],
  ['ben', 'approve', 'pending', notYours],
  ['cy', 'approve', 'pending', /Type `\/stint link`/],
  ['cy', 'deny', 'pending', /Type `\/stint link`/],
  ['nobody', 'end', 'pending', /Type `\/stint link`/],
  ['bo', 'approve', 'active', /It is active already/],
  ['bo', 'deny', 'active', /It is active already/],
  ['bo', 'revoke', 'active', 'done'],
  ['bo', 'end', 'active', /Only who asked can end it/],
  ['ana', 'end', 'active', 'done'],
  ['ana', 'approve', 'active', own],
  ['ana', 'revoke', 'active', /who asked ends or cancels it/],
  ['bo', 'approve', 'denied', /It was denied/],
  ['bo', 'revoke', 'denied', /It was denied/],
  ['bo', 'approve', 'cancelled', /It was cancelled/],
  ['bo', 'approve', 'revoked', /It was revoked/],
  ['bo', 'approve', 'ended', /It has ended/],
  ['bo', 'revoke', 'ended', /It has ended/],
  ['bo', 'deny', 'lapsed', /Nobody approved it in time/],
  ['bo', 'approve', 'lapsed', /Nobody approved it in time/],
  ['ana', 'end', 'lapsed', /Nobody approved it in time/],
]

await t.test('the table: who, on what, and what comes of it', async (t) => {
  const vote = (id: string, answer: string) =>
    stint.call('POST', `/v1/grants/${id}/votes`, { as: 'dan', body: { answer } })
  const close = (id: string, verb: string, as: 'ana' | 'dan', body: object = {}) =>
    stint.call('POST', `/v1/grants/${id}/${verb}`, { as, body })
  const make: Record<string, () => Promise<string>> = {
    pending: () => ask(stint),
    active: async () => {
      const id = await ask(stint)
      await vote(id, 'yes')
      return id
    },
    denied: async () => {
      const id = await ask(stint)
      await vote(id, 'no')
      return id
    },
    cancelled: async () => {
      const id = await ask(stint)
      await close(id, 'cancel', 'ana')
      return id
    },
    revoked: async () => {
      const id = await ask(stint)
      await close(id, 'revoke', 'dan', { reason: 'no more' })
      return id
    },
    ended: async () => {
      const id = await make['active']!()
      await close(id, 'end', 'ana')
      return id
    },
    lapsed: async () => {
      const id = await ask(stint)
      stint.clock.advance(31 * 60_000)
      return id
    },
  }
  const ends: Record<string, string> = { approve: 'active', deny: 'denied', revoke: 'revoked', end: 'ended' }
  for (const [who, button, state, outcome] of rows) {
    const id = await make[state]!()
    const name = `${who} ${button} ${state}`
    t.equal(await stateOf(stint, id), state, name)
    const isForm = button === 'deny' || button === 'revoke'
    if (outcome === 'done') {
      if (isForm) t.match(await stint.fill(who, button, id, 'because of this'), /^(Denied|Revoked)/, name)
      else await stint.press(who, button, id, { quiet: true })
      await reaches(stint, id, ends[button]!)
    } else {
      const told = isForm ? await stint.fill(who, button, id, 'because') : await stint.press(who, button, id)
      t.match(told, outcome, name)
      t.equal(await stateOf(stint, id), state, `${name}: nothing moved`)
    }
  }
})

await t.test(
  'the asker behind a run is its asker; a second vote, an old id, another workspace',
  async (t) => {
    const byRun = await ask(stint, 'the pipeline is stuck', 'job')
    t.match(await stint.press('ana', 'approve', byRun), own, 'the run is of ana')
    t.match(await stint.press('bo', 'approve', byRun, { team: 'T0EVIL' }), /own workspace only/)
    t.equal(await stateOf(stint, byRun), 'pending')
    const refusals = await eventsOf(stint, 'kind=request.refused')
    t.match(refusals.at(-1), {
      by: 'stint',
      grant: byRun,
      data: { operation: 'vote', via: { road: 'slack', user: 'T0EVIL/U0BO' }, code: 'forbidden' },
    })
    t.match(await stint.press('bo', 'approve', 'x; drop'), notYours)
    t.match(await stint.press('bo', 'approve', '0'.repeat(26)), notYours)

    await stint.press('bo', 'approve', byRun, { quiet: true })
    await reaches(stint, byRun, 'active')
    t.match(await stint.press('bo', 'approve', byRun), /active already/, 'a click that comes again')
    t.equal((await shown(stint, byRun)).votes.length, 1)
  },
)

await t.test('where voters must show more than a click does, it counts for nothing', async (t) => {
  const stepUp = await ask(stint, 'step-up, please')
  t.match(
    await stint.press('bo', 'approve', stepUp),
    /step-up takes no votes from Slack.*`stint approve 01\w+`/,
  )
  t.match(await stint.fill('bo', 'deny', stepUp, 'no'), /takes no votes from Slack/)
  t.equal(await stateOf(stint, stepUp), 'pending')
  const answer = await stint.call('POST', `/v1/grants/${stepUp}/votes`, { as: 'bo', body: { answer: 'yes' } })
  t.match(answer.body, { state: 'active' }, 'the one vote was not used up')

  const cases = [
    ['voters: { from: [office] }', /come from office; a click in Slack shows no address\..*`stint approve/],
    ['voters: { from: any, signIn: { maxAge: 12h } }', /must show a sign-in, and a click in Slack is none/],
    ['', /come from office; a click/],
  ] as const
  for (const [voters, told] of cases) {
    const id = await ask(stint)
    const rules = stint.rules
    stint.rules = rules.replace('voters: { from: any }', voters)
    await stint.app.reload()
    t.match(await stint.press('bo', 'approve', id), told, voters)
    t.equal(await stateOf(stint, id), 'pending')
    stint.rules = rules
    await stint.app.reload()
  }

  // Cast while it counted, judged again when it no longer does.
  const two = stint.rules.replace('votes: 1', 'votes: 2')
  const one = stint.rules
  stint.rules = two
  await stint.app.reload()
  const id = await ask(stint)
  await stint.press('bo', 'approve', id, { quiet: true })
  await until(async () => (await shown(stint, id)).votes.length === 1)
  stint.rules = two.replace('votes: 2', 'votes: 2\n    slack: false')
  await stint.app.reload()
  const second = await stint.call('POST', `/v1/grants/${id}/votes`, { as: 'dan', body: { answer: 'yes' } })
  t.match(second.body, { state: 'pending' }, 'the vote from Slack counts no more')
  stint.rules = one
  await stint.app.reload()
})

await t.test('groups are those of the newest token, for a day; who one is needs none', async (t) => {
  /** What is kept of a token is not waited for; whatever is committed after it is. */
  const signIn = async (person: Person) => {
    await stint.call('GET', '/v1/me', { as: person })
    await ask(stint)
  }
  stint.clock.advance(25 * 3_600_000)
  const id = await ask(stint, 'an order is stuck')
  t.match(
    await stint.press('dan', 'approve', id),
    /not yours to see.*not seen a token of yours.*`stint whoami`/,
  )
  const named = await ask(stint, 'named: an order is stuck')
  t.match(await stint.press('dan', 'approve', named, { quiet: true }), '')
  await until(async () => (await shown(stint, named)).votes.length === 1)
  t.equal(await stateOf(stint, named), 'pending', 'for the other rule it needs a group')
  await signIn('dan')
  await stint.press('dan', 'approve', id, { quiet: true })
  await reaches(stint, id, 'active')

  // A group that was taken away is gone with the next token, whatever an older one said.
  const before = stint.idp.token({ sub: 'bo', groups: ['leads'] })
  stint.clock.advance(2_000)
  const after = stint.idp.token({ sub: 'bo', groups: [] })
  for (const token of [before, after, before]) await stint.call('GET', '/v1/me', { as: { token } })
  const third = await ask(stint)
  t.match(await stint.press('bo', 'approve', third), notYours)
  stint.clock.advance(2_000)
  await signIn('bo')
  await stint.press('bo', 'approve', third, { quiet: true })
  await reaches(stint, third, 'active')
})

await t.test('forms: a reason is needed, and one that hides something is none', async (t) => {
  const id = await ask(stint)
  const before = stint.slack.views.length
  await stint.send(buttonClick(stint.slack, userOf('bo'), 'deny', id))
  const view = await until(() => stint.slack.views[before])
  t.equal(view['private_metadata'], id, 'the id alone')
  for (const reason of ['', '   ', 'a\u202eb', 'x'.repeat(1_001)]) {
    const payload = {
      type: 'view_submission',
      user: { id: userOf('bo'), name: 'bo', team_id: 'T0ACME' },
      team: { id: 'T0ACME' },
      view: { ...view, state: { values: { why: { reason: { value: reason } } } } },
    }
    const { text } = await stint.send(payload)
    t.match(
      JSON.parse(text),
      { response_action: 'errors', errors: { why: /1 to 1000 visible/ } },
      reason.slice(0, 9),
    )
  }
  t.equal(await stateOf(stint, id), 'pending')
  t.match(await stint.fill('bo', 'deny', id, '  not\n today '), /^Denied/)
  t.match(await shown(stint, id, 'ana'), {
    state: 'denied',
    closedReason: 'not today',
  })
})

await t.test('details: the policy and the receipt, for those who may see the grant', async (t) => {
  const id = await ask(stint)
  const details = async (person: string) => {
    const before = stint.slack.views.length
    await stint.send(buttonClick(stint.slack, userOf(person), 'details', id))
    return until(() => {
      const text = viewText(stint.slack.views[before])
      return text !== '' && !/One moment/.test(text) && text
    })
  }
  const text = await details('bo')
  t.match(text, /dynamodb:PutItem/)
  t.match(text, /DateGreaterThan/, 'with its bounds')
  t.match(text, /Could cost up to/)
  t.match(await details('eve'), notYours)
  t.match(await details('cy'), /Type `\/stint link`/)
  t.same(stint.slack.refusals, [], 'Slack found nothing wrong')
})

await t.test('Slack does not answer: what was clicked is done all the same', async (t) => {
  const id = await ask(stint)
  stint.slack.go({ kind: 'status', status: 500, method: 'views.open' })
  t.match(await stint.press('bo', 'deny', id), /did not open the form in time/)
  stint.slack.go({ kind: 'reset', method: 'views.open' })
  t.match(await stint.press('bo', 'details', id), /did not open the view in time/)
  const click = asForm(buttonClick(stint.slack, userOf('bo'), 'approve', id))
  const twice = await Promise.all([
    post(stint.url, click, stint.clock()),
    post(stint.url, click, stint.clock()),
  ])
  t.same(
    twice.map(({ status }) => status),
    [200, 200],
    'the same bytes, twice at once',
  )
  await reaches(stint, id, 'active')
  t.equal((await shown(stint, id)).votes.length, 1)
})

await t.test(
  'from the message that was posted to the end: two approvers, and the asker goes on',
  async (t) => {
    const one = stint.rules
    stint.rules = one.replace('votes: 1', 'votes: 2')
    await stint.app.reload()
    const id = await ask(stint, 'two must agree')
    const posted = () => {
      const found = stint.slack
        .said('C0APPROVALS')
        .filter(({ blocks }) => JSON.stringify(blocks).includes(id))
      if (found.length > 1) throw new Error('There are two messages of one grant.')
      return found[0]
    }
    const reads = (words: RegExp) => until(() => words.test(JSON.stringify(posted()?.blocks ?? '')))
    /** Clicks what stands in the message, as it stands there. */
    const click = async (person: string, label: string) => {
      const row = posted()?.blocks.find(({ type }) => type === 'actions')
      const buttons = row?.['elements'] as readonly {
        text: { text: string }
        action_id: string
        value: string
      }[]
      const button = buttons.find(({ text }) => text.text === label)!
      t.equal(button.value, id, 'the id alone')
      await stint.press(person, button.action_id, button.value, { quiet: true })
    }
    await reads(/0 of 2 by group leads/)
    await click('bo', 'Approve')
    await reads(/1 of 2 by group leads.*✓ bo/)
    await click('dan', 'Approve')
    await reads(/is active.*✓ bo.*✓ dan/)
    const told = await until(() => stint.slack.said('D0ANA').find(({ text }) => text.includes(id)))
    t.match(told.text, new RegExp(`\`stint exec orders-repair --grant ${id} -- COMMAND\``))
    t.equal((await stint.call('POST', `/v1/grants/${id}/credentials`, { as: 'ana' })).status, 201)
    const thread = () => stint.slack.said('C0APPROVALS').filter(({ thread_ts: ts }) => ts === posted()?.ts)
    await until(() => thread().some(({ text }) => /^Credentials no\. 1 were issued to ana/.test(text)))
    const said = JSON.stringify([stint.slack.calls, stint.slack.answers])
    t.ok(stint.sts.secrets.length > 0)
    t.notOk(
      stint.sts.secrets.some((secret) => said.includes(secret)),
      'no minted secret was sent to Slack',
    )
    await click('ana', "I'm done")
    await reads(/has ended/)
    stint.rules = one
    await stint.app.reload()
  },
)

await t.test('whoever was revoked clicks in vain', async (t) => {
  const id = await ask(stint, 'a lead has left')
  const { body } = await stint.call('POST', '/v1/revocations', {
    as: 'ola',
    body: { of: 'subject', name: 'corp#bo', reason: 'has left the company' },
  })
  t.match(await stint.press('bo', 'approve', id), /You were revoked/)
  t.equal(await stateOf(stint, id), 'pending')
  await stint.call('POST', `/v1/revocations/${String(body['id'])}/lift`, {
    as: 'ola',
    body: { reason: 'is back' },
  })
})

await t.test('an answer goes to Slack alone, wherever a payload wants it', async (t) => {
  const id = await ask(stint, 'an answer elsewhere')
  const reached: string[] = []
  const elsewhere = await listen(async (request, response) => {
    reached.push(request.url ?? '')
    response.end('{}')
  })
  t.teardown(() => elsewhere.close())
  const click = { ...buttonClick(stint.slack, userOf('eve'), 'approve', id), response_url: elsewhere.url }
  t.equal((await stint.send(click)).status, 200)
  await until(() => stint.log.some((line) => line.includes('elsewhere than to Slack')))
  t.same(reached, [])
})
