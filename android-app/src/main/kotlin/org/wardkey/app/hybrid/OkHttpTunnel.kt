package org.wardkey.app.hybrid

import kotlinx.coroutines.CompletableDeferred
import okhttp3.OkHttpClient
import okhttp3.Request
import okhttp3.Response
import okhttp3.WebSocket
import okhttp3.WebSocketListener
import okio.ByteString
import okio.ByteString.Companion.toByteString
import org.wardkey.core.HybridEvent
import org.wardkey.core.HybridOrder
import org.wardkey.core.TunnelProblem

/** Tunnels over OkHttp. Make the client with [TunnelAccess]: its connections are what is checked here. */
internal class OkHttpTunnel(private val client: OkHttpClient) : Tunnel {
    override fun connect(order: HybridOrder.Connect, report: (HybridEvent) -> Unit): TunnelConnection {
        val connection = OkHttpConnection(report)
        val request = try {
            Request.Builder()
                .url(order.url)
                .header("Origin", order.origin)
                .header(TunnelHandshake.SUBPROTOCOL, order.subprotocol)
                .tag(MessageAllowance::class.java, connection.allowance)
                .build()
        } catch (_: IllegalArgumentException) {
            report(HybridEvent.TunnelFailed(TunnelProblem.NotWebSocket))
            return connection
        }
        connection.socket = client.newWebSocket(request, connection)
        return connection
    }
}

private class OkHttpConnection(
    private val report: (HybridEvent) -> Unit,
) : WebSocketListener(), TunnelConnection {
    /** Set before anybody can send, close or abort; the events that come earlier bring their own. */
    var socket: WebSocket? = null

    val allowance = MessageAllowance()

    @Volatile
    private var opened = false
    private val over = CompletableDeferred<Unit>()

    override fun send(bytes: ByteArray) {
        socket?.send(bytes.toByteString())
    }

    override suspend fun close() {
        // Before it is open there is nobody to say goodbye to, and OkHttp would wait for the handshake.
        val saysGoodbye = opened && socket?.close(NORMAL_CLOSURE, null) == true
        if (!saysGoodbye && !over.isCompleted) abort()
        if (socket != null) over.await()
    }

    override fun abort() {
        socket?.cancel()
    }

    override fun onOpen(webSocket: WebSocket, response: Response) {
        opened = true
        report(HybridEvent.TunnelOpened(response.header(ROUTING_ID)))
    }

    override fun onMessage(webSocket: WebSocket, bytes: ByteString) {
        allowance.renew()
        val tooLarge = bytes.size > MessageAllowance.MAX_MESSAGE
        report(if (tooLarge) HybridEvent.TunnelTooLarge else HybridEvent.TunnelMessage(bytes.toByteArray()))
    }

    override fun onMessage(webSocket: WebSocket, text: String) = report(HybridEvent.TunnelText)

    override fun onClosing(webSocket: WebSocket, code: Int, reason: String) {
        webSocket.close(NORMAL_CLOSURE, null)
        report(HybridEvent.TunnelClosed)
    }

    override fun onClosed(webSocket: WebSocket, code: Int, reason: String) {
        over.complete(Unit)
    }

    override fun onFailure(webSocket: WebSocket, t: Throwable, response: Response?) {
        over.complete(Unit)
        report(if (opened) endOf(t) else HybridEvent.TunnelFailed(problemOf(t, response?.code)))
    }

    private companion object {
        const val NORMAL_CLOSURE = 1000
        const val ROUTING_ID = "X-caBLE-Routing-ID"
    }
}
