package org.wardkey.app.hybrid

import okhttp3.Interceptor
import okhttp3.Response
import okio.Buffer
import okio.ForwardingSink
import okio.ForwardingSource
import okio.Sink
import okio.Socket
import okio.Source
import org.wardkey.app.network.checked
import java.io.IOException
import java.net.ProtocolException
import java.util.concurrent.atomic.AtomicLong

/**
 * Makes OkHttp's WebSocket as strict as the hybrid transport wants it: the subprotocol must be selected,
 * nothing is compressed, and no message grows over its limit before it is refused.
 *
 * OkHttp itself takes any subprotocol, offers compression and reads messages of any size into memory.
 */
internal object TunnelHandshake : Interceptor {
    const val SUBPROTOCOL = "Sec-WebSocket-Protocol"
    private const val EXTENSIONS = "Sec-WebSocket-Extensions"
    private const val SWITCHING_PROTOCOLS = 101

    override fun intercept(chain: Interceptor.Chain): Response {
        val request = chain.request().newBuilder().removeHeader(EXTENSIONS).build()
        val response = chain.proceed(request)
        val socket = response.socket
        if (response.code != SWITCHING_PROTOCOLS || socket == null) return response
        try {
            if (response.header(SUBPROTOCOL) != request.header(SUBPROTOCOL)) throw NoSubprotocolException()
            if (response.header(EXTENSIONS) != null) throw ProtocolException("an extension nobody asked for")
        } catch (refused: IOException) {
            socket.cancel()
            throw refused
        }
        val allowance = request.tag(MessageAllowance::class.java) ?: MessageAllowance()
        return response.newBuilder().socket(LimitedSocket(socket, allowance)).build()
    }
}

private class LimitedSocket(private val socket: Socket, allowance: MessageAllowance) : Socket {
    /** OkHttp writes on a thread that nothing but an IOException may reach, see [checked]. */
    override val sink: Sink = object : ForwardingSink(socket.sink) {
        override fun write(source: Buffer, byteCount: Long) = checked { super.write(source, byteCount) }

        override fun flush() = checked { super.flush() }

        override fun close() = checked { super.close() }
    }
    override val source: Source = object : ForwardingSource(socket.source) {
        override fun read(sink: Buffer, byteCount: Long): Long =
            super.read(sink, byteCount).also { if (it > 0) allowance.use(it) }
    }

    override fun cancel() = socket.cancel()
}

/**
 * What may still be read before the next message is whole; goes with the request as its tag.
 *
 * It counts bytes of the wire, and OkHttp reads ahead a little, so the exact [MAX_MESSAGE] is checked where
 * messages arrive. This is the wall behind it: without it a message would fill the memory first.
 */
internal class MessageAllowance {
    private val left = AtomicLong(FULL)

    /** A message has arrived. */
    fun renew() = left.set(FULL)

    /** Throws [MessageTooLargeException] when [count] bytes are more than there may be. */
    fun use(count: Long) {
        if (left.addAndGet(-count) < 0) throw MessageTooLargeException()
    }

    companion object {
        /** The largest message, as in Chromium: 1 MiB. */
        const val MAX_MESSAGE = 1 shl 20

        /** With room for the frames' heads and for what was read ahead. */
        private const val FULL = MAX_MESSAGE + (1L shl 16)
    }
}
