/** Asks an emulator again and again, whenever the account's shared window has a place, and prints the answers. */
import path from 'node:path'

const [modules, folder, url, requests, places, windowMs, marginMs] = process.argv.slice(2)
const { createRateWindow } = await import(path.join(modules, 'store/locks/rate-window.js'))
const window = createRateWindow({
  folder,
  account: 'shared',
  requestsPerMinute: Number(places),
  windowMs: Number(windowMs),
  marginMs: Number(marginMs),
})
const never = new AbortController().signal

async function send() {
  await window.take(never)
  const response = await fetch(`${url}/v1/image_generation`, {
    method: 'POST',
    headers: { authorization: 'Bearer any', 'content-type': 'application/json' },
    // Refused for its size before anything is drawn, and counted all the same.
    body: JSON.stringify({ model: 'image-01', prompt: 'x', width: 100, height: 100 }),
  })
  const { base_resp: answer } = await response.json()
  return answer.status_code
}

const codes = await Promise.all(Array.from({ length: Number(requests) }, send))
console.log(JSON.stringify(codes))
