import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { WebSocketServer, type WebSocket } from 'ws'
import type { SlackJson } from './slack.js'

export interface SlackSocket {
  /** For `apps.connections.open` to name. */
  readonly url: string
  /** How many connections were ever made. */
  readonly opened: () => number
  /** Sends a payload by the newest connection, and gives what was acknowledged with. */
  readonly send: (type: string, payload: SlackJson) => Promise<unknown>
  /** Ends the newest connection: as Slack says beforehand, or at once. */
  readonly drop: (how: 'disconnect' | 'terminate') => void
  readonly close: () => Promise<void>
}

/** Slack's side of Socket Mode: a real WebSocket that says hello and wants each envelope acknowledged. */
export async function startSlackSocket(): Promise<SlackSocket> {
  const server = createServer()
  const sockets = new WebSocketServer({ server })
  const waiting = new Map<string, (payload: unknown) => void>()
  let current: WebSocket | undefined
  let count = 0
  sockets.on('connection', (socket) => {
    count++
    current = socket
    socket.on('message', (data: Buffer) => {
      const { envelope_id: id, payload } = JSON.parse(data.toString()) as {
        envelope_id: string
        payload?: unknown
      }
      waiting.get(id)?.(payload)
      waiting.delete(id)
    })
    socket.send(JSON.stringify({ type: 'hello', num_connections: 1 }))
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  let last = 0
  return {
    url: `ws://127.0.0.1:${(server.address() as AddressInfo).port}/?ticket=secret-ticket`,
    opened: () => count,
    send: (type, payload) =>
      new Promise((resolve) => {
        const id = `e${++last}`
        waiting.set(id, resolve)
        current?.send(JSON.stringify({ envelope_id: id, type, payload, accepts_response_payload: true }))
      }),
    drop(how) {
      if (how === 'terminate') current?.terminate()
      else current?.send(JSON.stringify({ type: 'disconnect', reason: 'refresh_requested' }))
    },
    async close() {
      for (const socket of sockets.clients) socket.terminate()
      await new Promise<void>((resolve) => sockets.close(() => server.close(() => resolve())))
    },
  }
}
