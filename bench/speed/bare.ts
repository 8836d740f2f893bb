// The floor of asking: the same AssumeRole called bare through the SDK, with as many in flight.
import { AssumeRoleCommand, STSClient, type AssumeRoleCommandInput } from '@aws-sdk/client-sts'
import { NodeHttpHandler } from '@smithy/node-http-handler'
import { performance } from 'node:perf_hooks'
import { serveParent } from './child.js'
import type { Load, Loaded } from './load.js'

export interface BareMessage extends Pick<Load, 'connections' | 'ms'> {
  readonly url: string
  /** The parameters, as the broker sent them. */
  readonly parameters: string
}

let client: STSClient | undefined

function inputOf(text: string): AssumeRoleCommandInput {
  const sent = new URLSearchParams(text)
  const of = (name: string) => sent.get(name) ?? undefined
  return {
    RoleArn: of('RoleArn'),
    RoleSessionName: of('RoleSessionName'),
    SourceIdentity: of('SourceIdentity'),
    DurationSeconds: Number(of('DurationSeconds')),
    Policy: of('Policy'),
  }
}

serveParent<BareMessage, Loaded>(
  async ({ url, parameters, connections, ms }) => {
    const agent = { keepAlive: true, maxSockets: 512 }
    client ??= new STSClient({
      region: 'us-east-1',
      endpoint: url,
      credentials: { accessKeyId: 'AKIABROKERBROKERBROK', secretAccessKey: 'bench' },
      requestHandler: new NodeHttpHandler({ httpAgent: agent, httpsAgent: agent }),
    })
    const sts = client
    const input = inputOf(parameters)
    const [times, added]: [number[], number[]] = [[], []]
    const [began, cpu] = [performance.now(), process.cpuUsage()]
    const work = async () => {
      while (performance.now() - began < ms) {
        const started = performance.now()
        const { $metadata } = await sts.send(new AssumeRoleCommand(input))
        const took = performance.now() - started
        times.push(took)
        added.push(took - Number.parseInt($metadata.requestId ?? '', 10) / 1_000)
      }
    }
    await Promise.all(Array.from({ length: connections }, work))
    const { user, system } = process.cpuUsage(cpu)
    return {
      seconds: (performance.now() - began) / 1_000,
      times: Float64Array.from(times),
      added: Float64Array.from(added),
      cpu: (user + system) / 1_000,
    }
  },
  () => client?.destroy(),
)
