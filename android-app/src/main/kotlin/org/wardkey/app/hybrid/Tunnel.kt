package org.wardkey.app.hybrid

import org.wardkey.core.HybridEvent
import org.wardkey.core.HybridOrder

/** The way to tunnel services. */
internal interface Tunnel {
    /**
     * Begins to open the WebSocket that [order] asks for and returns at once.
     *
     * What becomes of it is told to [report], on a thread of the tunnel's own: opened or not, each message,
     * the end. [report] may block, which holds the peer back.
     */
    fun connect(order: HybridOrder.Connect, report: (HybridEvent) -> Unit): TunnelConnection
}

/** A WebSocket, from the attempt to open it on. */
internal interface TunnelConnection {
    /** Sends [bytes] as one binary message. That it failed shows as the connection's end. */
    fun send(bytes: ByteArray)

    /** Says goodbye after what was sent has left, and waits until the other side has said it too. */
    suspend fun close()

    /** Breaks off, without any goodbye; does nothing when the connection is over. */
    fun abort()
}
