import '../support/loopback-only.js'
import { readFileSync } from 'node:fs'
import { createServer, type IncomingMessage } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import { pricesRefresh, quotasRefresh } from '../../src/cli/local/refresh.js'
import type { PricesFile } from '../../src/cost/files.js'
import { readPrices } from '../../src/cost/read.js'
import { good } from '../config/good.js'
import { shipped } from '../cost/book.js'

/** The price book and quotas from AWS, which is a server on loopback here. */

interface Asked {
  readonly target: string
  readonly region: string
  readonly body: Readonly<Record<string, unknown>>
}

/** Answers AWS's JSON protocol as `answer` says; what it throws is AWS's refusal. */
async function startAws(t: Test, answer: (asked: Asked) => object) {
  const asked: Asked[] = []
  const server = createServer((request: IncomingMessage, response) => {
    let text = ''
    request.on('data', (chunk) => (text += String(chunk)))
    request.on('end', () => {
      const credential = /Credential=[^/]+\/\d{8}\/([^/]+)\//.exec(request.headers.authorization ?? '')
      const one = {
        target: String(request.headers['x-amz-target']).split('.').at(-1) ?? '',
        region: credential?.[1] ?? 'unsigned',
        body: JSON.parse(text) as Asked['body'],
      }
      asked.push(one)
      response.setHeader('content-type', 'application/x-amz-json-1.1')
      try {
        response.end(JSON.stringify(answer(one)))
      } catch (error) {
        response.statusCode = 400
        response.end(JSON.stringify({ __type: 'AccessDeniedException', message: (error as Error).message }))
      }
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  t.teardown(() => void server.closeAllConnections())
  t.teardown(() => new Promise((resolve) => server.close(resolve)))
  const reach = {
    clock: () => Date.UTC(2027, 1, 3),
    credentials: { accessKeyId: 'AKIAREFRESHREFRESH00', secretAccessKey: 'not-a-secret' },
    endpoint: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
  }
  return { asked, reach }
}

const product = (attributes: Record<string, string>, ...usd: string[]) =>
  JSON.stringify({
    product: { attributes },
    terms: {
      OnDemand: {
        a: { priceDimensions: Object.fromEntries(usd.map((USD, n) => [n, { pricePerUnit: { USD } }])) },
      },
    },
  })

t.test('the price book from the AWS Price List, page by page', async (t) => {
  const { asked, reach } = await startAws(t, ({ body }) => {
    const fields = Object.fromEntries(
      (body['Filters'] as { Field: string; Value: string }[]).map(({ Field, Value }) => [Field, Value]),
    )
    if (body['ServiceCode'] === 'AmazonEC2' && fields['operatingSystem'] === 'Linux')
      return body['NextToken'] === 'more'
        ? { PriceList: [product({ instanceType: 'm9.large', vcpu: '2' }, '0.2')] }
        : {
            PriceList: [
              product({ instanceType: 'm5.large', vcpu: '2' }, '0.11'),
              product({ instanceType: 'odd' }, '0.1'),
            ],
            NextToken: 'more',
          }
    if (body['ServiceCode'] === 'AmazonRDS')
      return { PriceList: ['0.5', '0.9', '0.7'].map((usd) => product({ instanceType: 'db.m9.large' }, usd)) }
    if (fields['usagetype'] === 'TimedStorage-ByteHrs' && body['ServiceCode'] === 'AmazonS3')
      return { PriceList: [product({}, '0.0210000000', '0.0240000000', '0.0')] }
    if (fields['usagetype'] === 'WriteRequestUnits') return { PriceList: [product({}, '0.000000700')] }
    return { PriceList: [product({}, '0.0000000000')] }
  })
  const folder = t.testdir({})
  const answer = await pricesRefresh(folder, reach)
  t.match(answer, {
    exit: 0,
    err: '',
    out: /^4 prices and tables of 2027-02-03 are in [^]*Left as they were: [^]*kms-key/,
  })
  for (const { target, region, body } of asked) {
    t.strictSame([target, region], ['GetProducts', 'us-east-1'])
    t.match(body['Filters'], [{ Type: 'TERM_MATCH', Field: 'regionCode', Value: 'us-east-1' }])
  }
  const text = (name: string) => readFileSync(join(folder, `${name}.json`), 'utf8')
  const book = readPrices({ ...shipped, prices: text('prices'), ec2: text('ec2') })
  const machines = book.drivers.find(({ id }) => id === 'ec2-instances')?.offers ?? []
  t.match(machines, [
    { type: 'm5.large', usd: 0.055, price: { retrieved: '2027-02-03' } },
    { type: 'm9.large', usd: 0.1 },
  ])
  t.match(
    book.drivers.find(({ id }) => id === 'rds-instances'),
    { complete: true, offers: [{ type: 'db.m9.large', usd: 0.9 }] },
  )
  const { prices, sources } = JSON.parse(text('prices')) as PricesFile
  t.match(prices['s3-storage'], { usd: 0.024, from: 'price-list' }, 'the dearest tier')
  t.match(prices['dynamodb-write'], { usd: 0.7, buys: 1_000_000 })
  t.match(
    prices['kms-key'],
    (JSON.parse(shipped.prices) as PricesFile).prices['kms-key'],
    'what is not told stays',
  )
  t.match(sources['price-list'], { retrieved: '2027-02-03' })
  t.equal(text('drivers'), shipped.drivers)

  const denied = await startAws(t, () => {
    throw new Error('User is not authorized to perform: pricing:GetProducts')
  })
  t.match(await pricesRefresh(t.testdir({}), denied.reach), {
    exit: 2,
    out: '',
    err: /AccessDenied.*pricing:GetProducts/,
  })
})

t.test('the applied quotas of an account, as the configuration has them', async (t) => {
  const { asked, reach } = await startAws(t, ({ region, body }) => {
    if (body['ServiceCode'] === 'ec2')
      return body['NextToken'] === undefined
        ? {
            Quotas: [{ QuotaCode: 'L-1216C47A', Value: region === 'us-east-1' ? 256 : 64 }],
            NextToken: 'more',
          }
        : {
            Quotas: [
              { QuotaCode: 'L-417A185B', Value: 0 },
              { QuotaCode: 'L-OTHER', Value: 7 },
            ],
          }
    return { Quotas: body['ServiceCode'] === 'lambda' ? [{ QuotaCode: 'L-B99A9384', Value: 10 }] : [] }
  })
  const source = { file: good, env: {} }
  const answer = await quotasRefresh('stint.yaml', source, '123456789012', reach)
  t.match(answer, { exit: 0, err: /so AWS's default holds: .*ec2\.g/ })
  t.equal(
    answer.out,
    `quotas: # applied on 2027-02-03
  ec2.standard: { us-east-1: 256, eu-west-1: 64 }
  ec2.p: { us-east-1: 0, eu-west-1: 0 }
  lambda.concurrency: { us-east-1: 10, eu-west-1: 10 }
`,
  )
  t.strictSame(
    [...new Set(asked.map(({ region }) => region))],
    ['us-east-1', 'eu-west-1'],
    'signed for each region',
  )
  t.match(await quotasRefresh('stint.yaml', source, '000000000000', reach), {
    exit: 2,
    err: /There is no account/,
  })
})
