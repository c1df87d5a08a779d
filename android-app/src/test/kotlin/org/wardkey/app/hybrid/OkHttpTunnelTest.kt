package org.wardkey.app.hybrid

import kotlinx.coroutines.Dispatchers
import kotlinx.coroutines.runBlocking
import kotlinx.coroutines.withTimeout
import mockwebserver3.MockResponse
import mockwebserver3.MockWebServer
import mockwebserver3.RecordedRequest
import okhttp3.Protocol
import okhttp3.Response
import okhttp3.WebSocket
import okhttp3.WebSocketListener
import okhttp3.tls.HandshakeCertificates
import okhttp3.tls.HeldCertificate
import okio.ByteString
import okio.ByteString.Companion.toByteString
import org.junit.After
import org.junit.Assert.assertArrayEquals
import org.junit.Assert.assertEquals
import org.junit.Assert.assertFalse
import org.junit.Assert.assertNull
import org.junit.Assert.assertTrue
import org.junit.Test
import org.junit.runner.RunWith
import org.robolectric.RobolectricTestRunner
import org.wardkey.app.withNobodyAt
import org.wardkey.core.HybridEvent
import org.wardkey.core.HybridOrder
import org.wardkey.core.TunnelProblem
import java.net.InetSocketAddress
import java.net.ServerSocket
import java.util.concurrent.LinkedBlockingQueue
import java.util.concurrent.TimeUnit
import kotlin.concurrent.thread

/** The tunnel against services that answer wrongly, for which the real one has no switch. */
@RunWith(RobolectricTestRunner::class)
internal class OkHttpTunnelTest {
    private val host = "cable.example.org"
    private val authority = HeldCertificate.Builder().certificateAuthority(0).build()
    private val server = MockWebServer()
    private val events = LinkedBlockingQueue<HybridEvent>()

    @After
    fun close() = server.close()

    private fun serve(certificate: HeldCertificate = certificateFor(host)): TunnelAccess {
        val identity = HandshakeCertificates.Builder().heldCertificate(certificate).build()
        server.useHttps(identity.sslSocketFactory())
        server.protocols = listOf(Protocol.HTTP_1_1)
        server.start()
        return access(server.port)
    }

    private fun access(port: Int): TunnelAccess {
        val trusted = HandshakeCertificates.Builder().addTrustedCertificate(authority.certificate).build()
        val address = InetSocketAddress("127.0.0.1", port)
        return TunnelAccess(address, Trust(trusted.sslSocketFactory(), trusted.trustManager))
    }

    private fun certificateFor(name: String) =
        HeldCertificate.Builder().addSubjectAlternativeName(name).signedBy(authority).build()

    private fun connect(access: TunnelAccess, name: String = host): TunnelConnection {
        val order = HybridOrder.Connect("wss://$name/cable/new/00112233", "fido.cable", "wss://$name")
        return OkHttpTunnel(access.client).connect(order, events::add)
    }

    /** The next event; no test waits this long for one. */
    private fun next(): HybridEvent = checkNotNull(events.poll(30, TimeUnit.SECONDS)) { "nothing happened" }

    private fun upgrade(
        listener: WebSocketListener = object : WebSocketListener() {},
    ) = MockResponse.Builder()
        .webSocketUpgrade(listener)
        .setHeader("Sec-WebSocket-Protocol", "fido.cable")
        .setHeader("X-caBLE-Routing-ID", "0a0b0c")

    private fun onOpen(act: (WebSocket) -> Unit) = object : WebSocketListener() {
        override fun onOpen(webSocket: WebSocket, response: Response) = act(webSocket)
    }

    private fun openTo(act: (WebSocket) -> Unit): TunnelConnection {
        val access = serve()
        server.enqueue(upgrade(onOpen(act)).build())
        val connection = connect(access)
        assertEquals(HybridEvent.TunnelOpened("0a0b0c"), next())
        return connection
    }

    private fun problemWith(access: TunnelAccess): TunnelProblem {
        connect(access)
        return (next() as HybridEvent.TunnelFailed).problem
    }

    @Test
    fun `asks as the specification says`() {
        val access = serve()
        server.enqueue(upgrade().build())
        connect(access)
        assertEquals(HybridEvent.TunnelOpened("0a0b0c"), next())
        val request: RecordedRequest = checkNotNull(server.takeRequest(30, TimeUnit.SECONDS))
        assertEquals("/cable/new/00112233", request.target)
        assertEquals("fido.cable", request.headers["Sec-WebSocket-Protocol"])
        assertEquals("wss://$host", request.headers["Origin"])
        assertNull(request.headers["Sec-WebSocket-Extensions"])
        assertEquals(host, request.headers["Host"]?.substringBefore(':'))
    }

    @Test
    fun `messages go both ways and goodbye is said`() {
        val heard = LinkedBlockingQueue<ByteString>()
        val access = serve()
        server.enqueue(
            upgrade(object : WebSocketListener() {
                override fun onMessage(webSocket: WebSocket, bytes: ByteString) {
                    heard.add(bytes)
                    webSocket.send(bytes)
                }

                override fun onClosing(webSocket: WebSocket, code: Int, reason: String) {
                    heard.add(byteArrayOf().toByteString())
                    webSocket.close(code, null)
                }
            }).build(),
        )
        val connection = connect(access)
        next()
        connection.send(byteArrayOf(1, 2, 3))
        assertArrayEquals(byteArrayOf(1, 2, 3), (next() as HybridEvent.TunnelMessage).bytes)
        connection.send(byteArrayOf(4))
        runBlocking { withTimeout(30_000) { connection.close() } }
        val all = List(3) { heard.poll(30, TimeUnit.SECONDS)?.hex() }
        assertEquals(listOf("010203", "04", ""), all)
    }

    @Test
    fun `a service without a routing id is left to the core`() {
        val access = serve()
        server.enqueue(upgrade().removeHeader("X-caBLE-Routing-ID").build())
        connect(access)
        assertEquals(HybridEvent.TunnelOpened(null), next())
    }

    @Test
    fun `HTTP statuses are told apart`() {
        val access = serve()
        for (status in listOf(404, 410, 200, 301, 500)) {
            server.enqueue(MockResponse.Builder().code(status).setHeader("Location", "/elsewhere").build())
            assertEquals(TunnelProblem.HttpStatus(status.toUShort()), problemWith(access))
        }
    }

    @Test
    fun `the subprotocol must be selected`() {
        val access = serve()
        server.enqueue(upgrade().removeHeader("Sec-WebSocket-Protocol").build())
        assertEquals(TunnelProblem.NoSubprotocol, problemWith(access))
        server.enqueue(upgrade().setHeader("Sec-WebSocket-Protocol", "chat").build())
        assertEquals(TunnelProblem.NoSubprotocol, problemWith(access))
    }

    @Test
    fun `an answer that is no WebSocket handshake is named so`() {
        val access = serve()
        server.enqueue(upgrade().setHeader("Sec-WebSocket-Extensions", "permessage-deflate").build())
        assertEquals(TunnelProblem.NotWebSocket, problemWith(access))
        server.enqueue(MockResponse.Builder().status("HTP/9 hello").build())
        assertEquals(TunnelProblem.NotWebSocket, problemWith(access))
    }

    @Test
    fun `a certificate for another name, or of nobody we trust, is refused`() {
        assertEquals(TunnelProblem.Certificate, problemWith(serve(certificateFor("other.example.org"))))
    }

    @Test
    fun `a certificate that nobody vouches for is refused`() {
        val selfSigned = HeldCertificate.Builder().addSubjectAlternativeName(host).build()
        assertEquals(TunnelProblem.Certificate, problemWith(serve(selfSigned)))
    }

    @Test
    fun `a service that speaks no TLS is no WebSocket service`() {
        ServerSocket(0).use { plain ->
            thread {
                plain.accept().use { client ->
                    client.getOutputStream().write("HTTP/1.1 400 Bad Request\r\n\r\n".toByteArray())
                    // To the end, or the answer is lost with what was not read.
                    client.getInputStream().readBytes()
                }
            }
            assertEquals(TunnelProblem.NotWebSocket, problemWith(access(plain.localPort)))
        }
    }

    @Test
    fun `a refused connection is unreachable`() {
        withNobodyAt { port -> assertEquals(TunnelProblem.Unreachable, problemWith(access(port))) }
    }

    @Test
    fun `a name that does not exist is not found`() {
        connect(TunnelAccess(), "cable.invalid")
        assertEquals(HybridEvent.TunnelFailed(TunnelProblem.NameNotFound), next())
    }

    @Test
    fun `an address that is none is an error and no crash`() {
        val order = HybridOrder.Connect("wss://", "fido.cable", "wss://")
        OkHttpTunnel(TunnelAccess().client).connect(order, events::add)
        assertEquals(HybridEvent.TunnelFailed(TunnelProblem.NotWebSocket), next())
    }

    @Test
    fun `text is reported as text`() {
        openTo { it.send("hello") }
        assertEquals(HybridEvent.TunnelText, next())
    }

    @Test
    fun `the largest message passes`() {
        openTo { it.send(ByteArray(1 shl 20).toByteString()) }
        assertEquals(1 shl 20, (next() as HybridEvent.TunnelMessage).bytes.size)
    }

    @Test
    fun `many large messages pass one after another`() {
        openTo { socket -> repeat(4) { socket.send(ByteArray(1 shl 20).toByteString()) } }
        repeat(4) { assertTrue(next() is HybridEvent.TunnelMessage) }
    }

    @Test
    fun `a message one byte too large does not`() {
        openTo { it.send(ByteArray((1 shl 20) + 1).toByteString()) }
        assertEquals(HybridEvent.TunnelTooLarge, next())
    }

    @Test
    fun `a much larger message is refused before it is read to its end`() {
        openTo { it.send(ByteArray(8 shl 20).toByteString()) }
        assertEquals(HybridEvent.TunnelTooLarge, next())
    }

    @Test
    fun `a service that says goodbye, or breaks off, has closed`() {
        openTo { it.close(1000, null) }
        assertEquals(HybridEvent.TunnelClosed, next())
    }

    @Test
    fun `a service that is gone has closed`() {
        openTo { it.cancel() }
        assertEquals(HybridEvent.TunnelClosed, next())
    }

    @Test
    fun `what is called off while it connects ends, without a goodbye`() {
        ServerSocket(0).use { silent ->
            val connection = connect(access(silent.localPort))
            runBlocking(Dispatchers.Default) { withTimeout(30_000) { connection.close() } }
            assertEquals(HybridEvent.TunnelFailed(TunnelProblem.Unreachable), next())
        }
    }

    @Test
    fun `the connection that was warmed up is the one that is used`() = runBlocking {
        val access = serve()
        server.enqueue(MockResponse.Builder().code(404).build())
        server.enqueue(upgrade().build())
        assertTrue(access.warmUp(host))
        connect(access)
        assertEquals(HybridEvent.TunnelOpened("0a0b0c"), next())
        val (warm, used) = List(2) { checkNotNull(server.takeRequest(30, TimeUnit.SECONDS)) }
        assertEquals("HEAD", warm.method)
        assertEquals(warm.connectionIndex to 1, used.connectionIndex to used.exchangeIndex)
    }

    @Test
    fun `a warm-up that fails says so and nothing else`() = runBlocking {
        withNobodyAt { port -> assertFalse(access(port).warmUp(host)) }
    }
}
