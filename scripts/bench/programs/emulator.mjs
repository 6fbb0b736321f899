/* An emulator in a process of its own, so that drawing does not delay the client. Prints its URL. */
const [module = '', rpm = '0', latency = '0'] = process.argv.slice(2)
const { startEmulator } = await import(module)
const emulator = await startEmulator({ rpm: Number(rpm), latency: Number(latency) })
console.log(emulator.url)
