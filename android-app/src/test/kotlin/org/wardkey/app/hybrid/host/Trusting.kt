package org.wardkey.app.hybrid.host

import org.wardkey.app.fakes.x509
import org.wardkey.app.hybrid.Trust
import java.io.File
import java.security.KeyStore
import java.util.Base64
import javax.net.ssl.SSLContext
import javax.net.ssl.TrustManager
import javax.net.ssl.TrustManagerFactory
import javax.net.ssl.X509TrustManager

/** Trusts the certificate in [file] (PEM) and nobody else. */
internal fun trustOnly(file: File): Trust = managerTrusting(file).let { Trust(context(it).socketFactory, it) }

/** The same for the JDK's own client. */
internal fun contextTrusting(file: File): SSLContext = context(managerTrusting(file))

private fun context(manager: TrustManager) =
    SSLContext.getInstance("TLS").apply { init(null, arrayOf(manager), null) }

private fun managerTrusting(file: File): X509TrustManager {
    val base64 = file.readLines().takeWhile { "END" !in it }.filterNot { "BEGIN" in it }.joinToString("")
    val store = KeyStore.getInstance(KeyStore.getDefaultType()).apply {
        load(null, null)
        setCertificateEntry("authority", x509(Base64.getDecoder().decode(base64)))
    }
    val factory = TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm())
    factory.init(store)
    return factory.trustManagers.filterIsInstance<X509TrustManager>().single()
}
