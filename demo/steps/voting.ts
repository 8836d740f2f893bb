import { people } from '../people.js'
import type { Step } from '../step.js'

const vote: Step = {
  title: 'An ask that needs a vote',
  story:
    'Mending orders by hand writes to production. The rules want one of the leads to agree first. ' +
    'Ana is a lead herself.',
  async play({ request, call, check, say }) {
    const ask = await request('POST /v1/grants', {
      as: 'ana',
      body: { role: 'orders-repair', reason: 'Set order 42 to shipped, agreed with the warehouse' },
      show: ['grant.id', 'grant.state', 'grant.decision.requirements', 'grant.decideBy'],
    })
    check('202: pending, without credentials', ask.status === 202 && ask.at('credentials') === '')
    const grant = `/v1/grants/${ask.at('grant.id')}`

    const early = await request(`POST ${grant}/credentials`, { as: 'ana' })
    check('409: nothing to collect yet', early.status === 409)

    say('Ana votes for her own ask.')
    const body = { answer: 'yes', reason: 'I trust myself' }
    const own = await request(`POST ${grant}/votes`, { as: 'ana', body })
    check('403: nobody approves their own ask', own.status === 403)

    say('Bo, another lead, reads it and agrees.')
    const seen = await request(`GET ${grant}`, {
      as: 'bo',
      show: ['asker', 'role', 'accountName', 'reason', 'scope.statements', 'scope.window'],
    })
    check('Bo sees who asks for what, and why', seen.at('asker.subject') === `acme#${people.ana.email}`)
    const yes = await request(`POST ${grant}/votes`, {
      as: 'bo',
      body: { answer: 'yes', reason: 'Warehouse confirmed it' },
      show: ['state', 'votes', 'issuances', 'endsAt'],
    })
    check('200: active, and still nothing issued', yes.at('state') === 'active' && yes.at('issuances') === '')

    say('Ana comes to collect. Nothing secret was waiting anywhere: it is made in this request.')
    const collected = await request(`POST ${grant}/credentials`, {
      as: 'ana',
      show: ['grant.state', 'grant.endsAt', 'credentials'],
    })
    check('201: credentials', collected.status === 201)
    const write = await call('PutItem', 'orders', collected)
    check('They write the order that was asked for', write.status === 200)
  },
}

const ciJob: Step = {
  title: 'A CI job asks, with no key of its own',
  story:
    "The pipeline's token comes from the CI system, and names its repository and who started the run. " +
    'Jobs have roles and limits of their own, and no vote.',
  async play({ request, call, check }) {
    const answer = await request('POST /v1/grants', {
      as: 'job',
      body: { role: 'orders-smoke-test', reason: 'Smoke test after deployment 512' },
      show: ['grant.state', 'grant.asker', 'credentials'],
    })
    check('201: active, with credentials', answer.status === 201)
    const by = answer.at('grant.asker.kind') === 'workload' && answer.at('grant.asker.actor')
    check('The person behind the run is known', by === `acme#${people.ana.email}`)
    check('The job reads an order', (await call('GetItem', 'orders', answer)).status === 200)
  },
}

export const voting = [vote, ciJob]
