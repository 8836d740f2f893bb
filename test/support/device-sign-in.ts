import { listen, type Listening } from './wire.js'

/** An issuer's device authorisation (RFC 8628) on loopback: the person agrees after the first time of asking. */
export interface DeviceSignIn extends Pick<Listening, 'close'> {
  readonly issuer: string
  readonly client: string
}

const grantType = 'urn:ietf:params:oauth:grant-type:device_code'

/** `token` makes the access token that the person behind the device gets. */
export async function startDeviceSignIn(token: () => string): Promise<DeviceSignIn> {
  const client = 'stint-cli'
  const code = 'GmRhmhcxhwAzkoEqiMEg_DnyEysNkuNhszIySk9eS'
  let polls = 0

  function answer(path: string, form: URLSearchParams): readonly [number, unknown] {
    if (path === '/.well-known/openid-configuration')
      return [
        200,
        { issuer, device_authorization_endpoint: `${issuer}/device`, token_endpoint: `${issuer}/token` },
      ]
    if (form.get('client_id') !== client) return [401, { error: 'invalid_client' }]
    if (path === '/device')
      return [
        200,
        {
          device_code: code,
          user_code: 'WDJB-MJHT',
          verification_uri: 'https://login.example.com/device',
          expires_in: 600,
          interval: 0,
        },
      ]
    if (form.get('grant_type') !== grantType || form.get('device_code') !== code)
      return [400, { error: 'invalid_grant' }]
    polls += 1
    return polls === 1
      ? [400, { error: 'authorization_pending' }]
      : [200, { access_token: token(), token_type: 'Bearer', expires_in: 3_600 }]
  }

  const server = await listen(async (request, response) => {
    const chunks: Buffer[] = []
    for await (const chunk of request) chunks.push(chunk as Buffer)
    const [status, body] = answer(request.url ?? '', new URLSearchParams(Buffer.concat(chunks).toString()))
    response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body))
  })
  const issuer = server.url
  return { issuer, client, close: server.close }
}
