import type { Step } from '../step.js'

const ended: Step = {
  title: 'A grant that is ended',
  story:
    'Ana asks for two minutes, and is done sooner. STS makes no session shorter than 15 minutes: it is the ' +
    'session policy that lets these credentials die with their window.',
  async play({ request, call, check, later, say }, notes) {
    const answer = await request('POST /v1/grants', {
      as: 'ana',
      body: { role: 'orders-debug', reason: 'A last look at order 42', window: '2m' },
      show: ['grant.id', 'grant.state', 'grant.endsAt', 'credentials.accessKeyId', 'credentials.expiresAt'],
    })
    notes.grant = answer.at('grant.id')
    notes.accessKeyId = answer.at('credentials.accessKeyId')
    notes.secrets = ['secretAccessKey', 'sessionToken'].map((name) => answer.at(`credentials.${name}`))
    check('201: active, with credentials', answer.status === 201)
    check('They read the table', (await call('GetItem', 'orders', answer)).status === 200)

    const grant = `/v1/grants/${notes.grant}`
    const end = await request(`POST ${grant}/end`, {
      as: 'ana',
      body: { reason: 'Found it' },
      show: ['state', 'closedAt', 'closedReason'],
    })
    check('200: ended', end.status === 200 && end.at('state') === 'ended')
    const more = await request(`POST ${grant}/credentials`, { as: 'ana', show: ['state'] })
    check('409: no more is issued', more.status === 409 && more.at('code') === 'conflict')

    say('AWS cannot recall a session, so what is out works until the window is over, and no longer.')
    check('The old credentials still read', (await call('GetItem', 'orders', answer)).status === 200)
    later(3 * 60_000)
    const over = await call('GetItem', 'orders', answer)
    check('The old credentials are refused', over.refused === 'AccessDeniedException')
    check('by the explicit deny in their policy', over.message?.includes('explicit deny') === true)
  },
}

export const ending = [ended]
