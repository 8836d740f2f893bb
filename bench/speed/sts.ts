// STS in a process of its own, cheap enough not to be what is measured: no signature is checked and no session kept.
// Its own time stands in the id of each request, in microseconds, so that it can be taken from what a call took.
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { performance } from 'node:perf_hooks'
import { makeSession } from '../../test/support/sts-session.js'
import { answerXml } from '../../test/support/sts-xml.js'
import { serveParent } from './child.js'

/** `delay`: how long it thinks from now on, in milliseconds. */
export interface StsMessage {
  readonly delay?: number
}

export interface StsState {
  readonly url: string
  /** The parameters of the newest call. */
  readonly last: string
}

let delay = 0
let last = ''

const server = createServer((request, response) => {
  const chunks: Buffer[] = []
  request.on('data', (chunk: Buffer) => chunks.push(chunk))
  request.on('end', () => {
    const began = performance.now()
    last = Buffer.concat(chunks).toString()
    const parameter = (name: string) =>
      decodeURIComponent(new RegExp(`(?:^|&)${name}=([^&]*)`).exec(last)?.[1] ?? '')
    const xml = answerXml(
      {
        ...session,
        assumedRoleId: `AROABENCHBENCHBENCHBENCH:${parameter('RoleSessionName')}`,
        expiresAt: Date.now() + Number(parameter('DurationSeconds')) * 1_000,
      },
      12,
      'bench',
    )
    const send = () => {
      const took = Math.round((performance.now() - began) * 1_000)
      response.writeHead(200, {
        'content-type': 'text/xml',
        'content-length': Buffer.byteLength(xml),
        'x-amzn-requestid': `${took}-bench`,
      })
      response.end(xml)
    }
    if (delay === 0) send()
    else setTimeout(send, delay)
  })
})

const session = makeSession(
  {
    roleArn: 'arn:aws:iam::123456789012:role/bench',
    sessionName: 'bench',
    durationSeconds: 900,
    sourceIdentity: undefined,
    externalId: undefined,
    policy: undefined,
    policyArns: [],
    tags: {},
  },
  Date.now(),
)

const url = new Promise<string>((resolve) =>
  server.listen(0, '127.0.0.1', 1_024, () =>
    resolve(`http://127.0.0.1:${(server.address() as AddressInfo).port}`),
  ),
)
serveParent<StsMessage, StsState>(
  async (message) => {
    delay = message.delay ?? delay
    return { url: await url, last }
  },
  () => {
    server.close()
    server.closeAllConnections()
  },
)
