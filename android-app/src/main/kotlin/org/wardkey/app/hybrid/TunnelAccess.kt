package org.wardkey.app.hybrid

import kotlinx.coroutines.Dispatchers
import kotlinx.coroutines.runInterruptible
import okhttp3.Dns
import okhttp3.HttpUrl
import okhttp3.OkHttpClient
import okhttp3.Protocol
import okhttp3.Request
import org.wardkey.app.network.CheckedFailures
import java.io.IOException
import java.net.InetAddress
import java.net.InetSocketAddress
import java.net.Socket
import java.net.SocketAddress
import java.util.concurrent.TimeUnit
import javax.net.SocketFactory
import javax.net.ssl.SSLSocketFactory
import javax.net.ssl.X509TrustManager

/** Whom to trust instead of the authorities that the system trusts. */
internal class Trust(val sockets: SSLSocketFactory, val manager: X509TrustManager)

/**
 * How this phone reaches tunnel services. One for the process: it keeps a warm connection between scanner and
 * ceremony.
 *
 * @param connectTo goes there for every tunnel domain, while the name in TLS and HTTP stays the domain's
 */
internal class TunnelAccess(connectTo: InetSocketAddress? = null, trust: Trust? = null) {
    val client: OkHttpClient = OkHttpClient.Builder()
        // What a WebSocket needs; and a connection warmed up with another list would not be taken for it.
        .protocols(listOf(Protocol.HTTP_1_1))
        .socketFactory(PromptSockets(connectTo))
        .addInterceptor(CheckedFailures)
        .addInterceptor(TunnelHandshake)
        .followRedirects(false)
        .connectTimeout(PATIENCE, TimeUnit.SECONDS)
        .readTimeout(PATIENCE, TimeUnit.SECONDS)
        .webSocketCloseTimeout(GOODBYE, TimeUnit.SECONDS)
        .apply { if (connectTo != null) dns(Dns { listOf(connectTo.address) }) }
        .apply { if (trust != null) sslSocketFactory(trust.sockets, trust.manager) }
        .build()

    /**
     * Resolves the name of [host] and connects, so that the ceremony which follows finds it done.
     *
     * Nothing depends on it: what fails here fails again, and is told, when it matters. Says whether it
     * worked.
     */
    suspend fun warmUp(host: String): Boolean {
        return try {
            val url = HttpUrl.Builder().scheme("https").host(host).build()
            val request = Request.Builder().url(url).head().build()
            runInterruptible(Dispatchers.IO) { client.newCall(request).execute().close() }
            true
        } catch (_: IllegalArgumentException) {
            // No such host can exist.
            false
        } catch (_: IOException) {
            false
        }
    }

    private companion object {
        /** Seconds for one address to answer; the core's deadline is for the whole. */
        const val PATIENCE = 10L

        /** Seconds until a service that does not say goodbye is cut off. */
        const val GOODBYE = 2L
    }
}

/** Sockets that send at once: messages are few and small, and somebody waits for each. */
private class PromptSockets(private val connectTo: InetSocketAddress?) : SocketFactory() {
    override fun createSocket(): Socket = object : Socket() {
        override fun connect(endpoint: SocketAddress?, timeout: Int) {
            tcpNoDelay = true
            super.connect(connectTo ?: endpoint, timeout)
        }
    }

    // OkHttp makes its sockets first and connects them then.
    override fun createSocket(host: String?, port: Int): Socket = notUsed()

    override fun createSocket(host: String?, port: Int, localHost: InetAddress?, localPort: Int): Socket =
        notUsed()

    override fun createSocket(host: InetAddress?, port: Int): Socket = notUsed()

    override fun createSocket(address: InetAddress?, port: Int, local: InetAddress?, localPort: Int): Socket =
        notUsed()

    private fun notUsed(): Nothing = throw UnsupportedOperationException("connect the socket after making it")
}
