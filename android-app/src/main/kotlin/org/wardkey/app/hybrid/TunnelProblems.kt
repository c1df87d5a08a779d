package org.wardkey.app.hybrid

import org.wardkey.app.network.isAboutACertificate
import org.wardkey.core.HybridEvent
import org.wardkey.core.TunnelProblem
import java.io.EOFException
import java.io.IOException
import java.net.ProtocolException
import java.net.SocketException
import java.net.UnknownHostException
import javax.net.ssl.SSLException

private const val SWITCHING_PROTOCOLS = 101

/** The service's answer does not select the subprotocol. */
internal class NoSubprotocolException : IOException()

/** The service sent more than a message may hold. */
internal class MessageTooLargeException : IOException()

/** Why the tunnel did not open; [status] is that of the service's answer, if there was one. */
internal fun problemOf(problem: Throwable, status: Int?): TunnelProblem = when {
    problem is NoSubprotocolException -> TunnelProblem.NoSubprotocol
    status != null && status != SWITCHING_PROTOCOLS -> TunnelProblem.HttpStatus(status.toUShort())
    problem is UnknownHostException -> TunnelProblem.NameNotFound
    problem.isAboutACertificate() -> TunnelProblem.Certificate
    problem is SSLException && problem.isCausedByTheNetwork() -> TunnelProblem.Unreachable
    // Whoever is there speaks, but neither TLS nor WebSocket.
    problem is SSLException || problem is ProtocolException -> TunnelProblem.NotWebSocket
    else -> TunnelProblem.Unreachable
}

/** How an open tunnel ended that nobody closed. */
internal fun endOf(problem: Throwable): HybridEvent = when (problem) {
    is MessageTooLargeException -> HybridEvent.TunnelTooLarge
    is ProtocolException -> HybridEvent.TunnelBroken
    else -> HybridEvent.TunnelClosed
}

private fun Throwable.isCausedByTheNetwork() =
    generateSequence(this) { it.cause }.any { it is EOFException || it is SocketException }
