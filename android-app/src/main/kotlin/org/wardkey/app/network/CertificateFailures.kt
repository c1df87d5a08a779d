package org.wardkey.app.network

import java.security.cert.CertPathValidatorException
import java.security.cert.CertificateException
import javax.net.ssl.SSLPeerUnverifiedException

/**
 * Whether this is about a certificate that is not trusted, or is somebody else's. A handshake that was merely cut
 * off is not.
 */
internal fun Throwable.isAboutACertificate(): Boolean = this is SSLPeerUnverifiedException ||
    generateSequence(this) { it.cause }.any { it is CertificateException || it is CertPathValidatorException }
