// A process that takes as many ports as it is told, says which, and holds what it has until its input ends.
import { freePort } from '../../src/replication/postgresql/programs/ports.js'

const ports: number[] = []
for (let i = 0; i < Number(process.argv[2]); i++) ports.push(await freePort())
console.log(JSON.stringify(ports))
process.stdin.resume()
