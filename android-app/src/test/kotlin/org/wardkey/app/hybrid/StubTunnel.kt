package org.wardkey.app.hybrid

import mockwebserver3.MockResponse
import mockwebserver3.MockWebServer
import mockwebserver3.RecordedRequest
import okhttp3.Protocol
import okhttp3.tls.HandshakeCertificates
import okhttp3.tls.HeldCertificate
import java.net.InetSocketAddress
import java.util.concurrent.TimeUnit

/**
 * A tunnel service that refuses as the test says. Its certificate is for [host] alone: whoever looks for
 * another one does not get as far as a request.
 */
internal class StubTunnel(private val host: String) : AutoCloseable {
    private val server = MockWebServer()

    /** The phone's way here, whatever service it looks for. */
    val access: TunnelAccess

    init {
        val authority = HeldCertificate.Builder().certificateAuthority(0).build()
        val own = HeldCertificate.Builder().addSubjectAlternativeName(host).signedBy(authority).build()
        server.useHttps(HandshakeCertificates.Builder().heldCertificate(own).build().sslSocketFactory())
        server.protocols = listOf(Protocol.HTTP_1_1)
        server.start()
        val trusted = HandshakeCertificates.Builder().addTrustedCertificate(authority.certificate).build()
        val trust = Trust(trusted.sslSocketFactory(), trusted.trustManager)
        access = TunnelAccess(InetSocketAddress("127.0.0.1", server.port), trust)
    }

    /** How often it was asked. */
    val requests get() = server.requestCount

    /** Answers the next request with [status]. */
    fun answer(status: Int) = server.enqueue(MockResponse.Builder().code(status).build())

    /** The next request, for the host that this is; no test waits this long for one. */
    fun asked(): RecordedRequest {
        val request = checkNotNull(server.takeRequest(30, TimeUnit.SECONDS)) { "$host was not asked" }
        val asked = request.headers["Host"]?.substringBefore(':')
        check(asked == host) { "$asked was asked for" }
        return request
    }

    override fun close() = server.close()
}
