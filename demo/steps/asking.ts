import type { Step } from '../step.js'
import { reach } from '../trim.js'

const orders = 'arn:aws:dynamodb:us-east-1:123456789012:table/orders'

const allowed: Step = {
  title: 'An ask that is allowed at once',
  story:
    'Ana may look at tables whose names begin with "orders". Today she needs one action on one of them, ' +
    'and asks for no more. The IAM role behind it could do anything to any table.',
  async play({ request, call, check }) {
    const answer = await request('POST /v1/grants', {
      as: 'ana',
      body: {
        role: 'orders-debug',
        reason: 'Order 42 is stuck in state PAID',
        actions: ['dynamodb:GetItem'],
        resources: [orders],
      },
      show: ['grant.id', 'grant.state', 'grant.scope.statements', 'grant.endsAt', 'credentials'],
    })
    check('201: active, with credentials', answer.status === 201 && answer.at('grant.state') === 'active')
    const right = await call('GetItem', 'orders', answer)
    check('They read the table that was asked for', right.status === 200 && right.body.Item !== undefined)
    const beside = await call('GetItem', 'orders-archive', answer)
    check('They are refused at the table next to it', beside.refused === 'AccessDeniedException')
    const write = await call('PutItem', 'orders', answer)
    check('They are refused another action on their own', write.refused === 'AccessDeniedException')
  },
}

const wider: Step = {
  title: 'An ask that is wider than the ceiling',
  story: 'Ana asks the same role for a table that it is not for.',
  async play({ request, check }) {
    const answer = await request('POST /v1/grants', {
      as: 'ana',
      body: {
        role: 'orders-debug',
        reason: 'Whose order is number 42?',
        resources: [orders.replace('orders', 'customers')],
      },
      show: ['checks'],
    })
    check('403 denied', answer.status === 403 && answer.at('code') === 'denied')
    check('It names the check, and what would make it pass', failed(answer.json, 'scope'))
    check('It has no credentials', answer.at('credentials') === '')
  },
}

const elsewhere: Step = {
  title: 'An ask from a wrong address',
  story:
    'The role is for the office. The load balancer in front of Stint reports where a caller is; what the ' +
    'caller itself wrote into the header before that counts for nothing.',
  async play({ request, check }) {
    const body = { role: 'orders-debug', reason: 'Order 42, from the train' }
    const show = ['checks']
    const train = await request('POST /v1/grants', { as: 'ana', from: '192.0.2.44', body, show })
    check('403 denied', train.status === 403 && failed(train.json, 'network'))
    const forged = await request('POST /v1/grants', {
      as: 'ana',
      from: '203.0.113.7, 192.0.2.44',
      body,
    })
    check('403 with the office forged in front, too', forged.status === 403)
  },
}

const badToken: Step = {
  title: 'An ask with a bad token',
  story:
    "Ana's own token, with the operators' group written into it. Only the issuer has the key to sign that.",
  async play({ request, check }) {
    const body = { role: 'orders-debug', reason: 'I am an operator, honestly' }
    const forged = await request('POST /v1/grants', {
      as: 'ana',
      token: promote,
      body,
    })
    const challenge = forged.headers.get('www-authenticate') ?? ''
    check('401 unauthenticated', forged.status === 401 && forged.at('code') === 'unauthenticated')
    check('WWW-Authenticate says what is wrong', challenge.includes('error="invalid_token"'))
    const none = await request('GET /v1/me', { as: 'ana', token: () => '' })
    check('401 without any token', none.status === 401 && none.headers.has('www-authenticate'))
  },
}

const dear: Step = {
  title: 'What it could cost, before anybody asks',
  story:
    'Ana wonders what a load test could cost at most. A dry run asks for nothing: it shows the decision that an ' +
    "ask would get, with a receipt of what the account's quotas allow at the prices of the book.",
  async play({ request, check }) {
    const body = { role: 'load-test', reason: 'Will the shop survive Friday?' }
    const show = ['outcome', 'requirements', 'cost.detail', 'cost.agree', 'cost.under']
    const answer = await request('POST /v1/decisions', { as: 'ana', body, show })
    check('It says how much, in dollars', Number(answer.at('cost.usd')) > 1_000)
    check('A lead would have to agree', answer.at('outcome') === 'approve')
  },
}

/** Whether this check, among those of a refusal, failed with a remedy. */
function failed(problem: unknown, name: string): boolean {
  const checks = reach(problem, 'checks')
  const all = Array.isArray(checks) ? (checks as readonly Record<string, unknown>[]) : []
  return all.some(({ check, ok, remedy }) => check === name && ok === false && typeof remedy === 'string')
}

/** The token with another group written into it, and the signature left as it was. */
function promote(token: string): string {
  const [header, payload = '', signature] = token.split('.')
  const claims = JSON.parse(Buffer.from(payload, 'base64url').toString()) as object
  const changed = Buffer.from(JSON.stringify({ ...claims, groups: ['platform'] })).toString('base64url')
  return [header, changed, signature].join('.')
}

export const asking = [allowed, dear, wider, elsewhere, badToken]
