// For tools that know no tokens: a proxy that adds one and changes nothing else.
//
//	node with-token.mjs PORT TOKEN TO-PORT      until it is killed
import http from 'node:http'

const [port, token, to] = process.argv.slice(2)
http.createServer((ask, answer) => {
	const headers = { ...ask.headers, authorization: `Bearer ${token}` }
	const on = http.request({ host: '127.0.0.1', port: to, method: ask.method, path: ask.url, headers, setHost: false }, got => {
		answer.writeHead(got.statusCode, got.headers)
		got.pipe(answer)
	})
	on.on('error', () => answer.destroy())
	ask.pipe(on)
}).listen(port, '127.0.0.1', () => console.log('listening'))
