package org.wardkey.app.fakes

import org.bouncycastle.asn1.x500.X500Name
import org.bouncycastle.asn1.x509.BasicConstraints
import org.bouncycastle.asn1.x509.Extension
import org.bouncycastle.asn1.x509.KeyUsage
import org.bouncycastle.cert.X509v3CertificateBuilder
import org.bouncycastle.cert.jcajce.JcaX509v3CertificateBuilder
import org.bouncycastle.jce.provider.BouncyCastleProvider
import org.bouncycastle.operator.jcajce.JcaContentSignerBuilder
import java.io.ByteArrayInputStream
import java.math.BigInteger
import java.security.KeyPair
import java.security.KeyPairGenerator
import java.security.Provider
import java.security.PublicKey
import java.security.cert.CertificateFactory
import java.security.cert.X509Certificate
import java.security.spec.ECGenParameterSpec
import java.util.Date

/**
 * A manufacturer that certifies keys as Android's secure hardware does: root, one intermediate for each
 * piece of hardware, and a leaf whose extension says what the key is. Its root is made anew for each
 * instance, so nobody trusts it but a test that was given [root]; a phone that outlives its process brings
 * the key and the certificate of its root back.
 *
 * Shares no code with the core that reads these certificates. Needs a JVM and nothing of Android.
 */
internal class SyntheticAttestation(
    private val rootKey: KeyPair = ecKeyPair(),
    savedRoot: X509Certificate? = null,
) {
    private val environment = Hardware("Test Environment")
    private val secureElement = Hardware("Test Secure Element")

    /** What a relying party is told to trust. */
    val root: X509Certificate = savedRoot ?: certificate(
        builder(ROOT, ROOT, BigInteger.ONE, rootKey.public).authority(),
        rootKey,
    )

    /**
     * The chain of a key that signs after biometrics or the screen lock's PIN, made on a phone that nobody
     * tampered with: DER, the key's own certificate first, the root last.
     */
    fun chain(publicKey: PublicKey, challenge: ByteArray, strongBox: Boolean): List<ByteArray> =
        chain(publicKey, KeyStatement(challenge, if (strongBox) Level.STRONG_BOX else Level.ENVIRONMENT))

    /** The chain of a key of which [statement] is said. */
    fun chain(publicKey: PublicKey, statement: KeyStatement): List<ByteArray> {
        val issuer = if (statement.level == Level.STRONG_BOX) secureElement else environment
        // The Keystore certifies every key under this name and number.
        val leaf = builder(issuer.name, X500Name("CN=Android Keystore Key"), BigInteger.ONE, publicKey)
            .addExtension(Extension.keyUsage, true, KeyUsage(KeyUsage.digitalSignature))
            .addExtension(KeyStatement.OID, false, statement.encoded())
        return listOf(certificate(leaf, issuer.keys), issuer.certificate, root).map { it.encoded }
    }

    /** What certifies the keys it keeps, itself certified by the manufacturer. */
    private inner class Hardware(title: String) {
        val name = X500Name("CN=$title,O=Test Manufacturer")
        val keys = ecKeyPair()
        val certificate by lazy {
            certificate(builder(ROOT, name, BigInteger.TWO, keys.public).authority(), rootKey)
        }
    }
}

private val ROOT = X500Name("CN=Test Attestation Root,O=Test Manufacturer")

/** Fixed, so that no test depends on the day: 1970-01-01, and 2048-01-01 as the Keystore's own. */
private val START = Date(0)
private val END = Date(2_461_449_600_000L)

/** Does the arithmetic. Named outright, since "EC" without a provider may lead to a fake Keystore. */
internal val SOFTWARE: Provider = BouncyCastleProvider()

/** A new key on P-256. */
internal fun ecKeyPair(): KeyPair = KeyPairGenerator.getInstance("EC", SOFTWARE).run {
    initialize(ECGenParameterSpec("secp256r1"))
    generateKeyPair()
}

private fun builder(issuer: X500Name, subject: X500Name, serial: BigInteger, key: PublicKey) =
    JcaX509v3CertificateBuilder(issuer, serial, START, END, subject, key)

private fun X509v3CertificateBuilder.authority() =
    addExtension(Extension.basicConstraints, true, BasicConstraints(true))
        .addExtension(Extension.keyUsage, true, KeyUsage(KeyUsage.keyCertSign or KeyUsage.cRLSign))

/** As the JVM's own certificate, not the library's, so that it compares equal to what is read back. */
private fun certificate(content: X509v3CertificateBuilder, issuer: KeyPair): X509Certificate {
    val signer = JcaContentSignerBuilder("SHA256withECDSA").setProvider(SOFTWARE).build(issuer.private)
    return x509(content.build(signer).encoded)
}

/** Reads one certificate from its DER. */
internal fun x509(der: ByteArray): X509Certificate = CertificateFactory.getInstance("X.509")
    .generateCertificate(ByteArrayInputStream(der)) as X509Certificate
