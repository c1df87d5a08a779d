package org.wardkey.app.fakes

import org.bouncycastle.asn1.ASN1Enumerated
import org.bouncycastle.asn1.ASN1Integer
import org.bouncycastle.asn1.ASN1OctetString
import org.bouncycastle.asn1.ASN1Sequence
import org.bouncycastle.asn1.ASN1TaggedObject
import org.junit.Assert.assertArrayEquals
import org.junit.Assert.assertEquals
import org.junit.Assert.assertTrue
import org.junit.Test
import java.security.cert.CertPathValidator
import java.security.cert.CertificateFactory
import java.security.cert.PKIXParameters
import java.security.cert.TrustAnchor
import java.security.cert.X509Certificate

/** That the chains are what a relying party will accept, judged by the JVM rather than by their maker. */
internal class SyntheticAttestationTest {
    private val attestation = SyntheticAttestation()
    private val key = ecKeyPair().public
    private val challenge = ByteArray(32) { it.toByte() }

    @Test
    fun `a chain leads from the key to the root`() {
        for (strongBox in listOf(true, false)) {
            val chain = attestation.chain(key, challenge, strongBox).map(::x509)
            assertEquals(key, chain.first().publicKey)
            assertEquals(attestation.root, chain.last())
            assertTrusted(chain.dropLast(1))
        }
    }

    @Test
    fun `the leaf says what was asked`() {
        val tee = description(attestation.chain(key, challenge, strongBox = false))
        val strongBox = description(attestation.chain(key, challenge, strongBox = true))
        val version = ASN1Integer(300)
        val (environment, secureElement) = listOf(ASN1Enumerated(1), ASN1Enumerated(2))
        assertEquals(listOf(version, environment, version, environment), tee.take(4))
        assertEquals(listOf(version, secureElement, version, secureElement), strongBox.take(4))
        assertArrayEquals(challenge, (tee.getObjectAt(4) as ASN1OctetString).octets)
        val tags = (tee.getObjectAt(7) as ASN1Sequence).map { (it as ASN1TaggedObject).tagNo }
        assertEquals("ascending, as DER has it", tags.sorted(), tags)
        assertTrue("neither usable without the user nor by every application", 503 !in tags && 600 !in tags)
    }

    private fun assertTrusted(certificates: List<X509Certificate>) {
        val path = CertificateFactory.getInstance("X.509").generateCertPath(certificates)
        val trust = PKIXParameters(setOf(TrustAnchor(attestation.root, null)))
        trust.isRevocationEnabled = false
        CertPathValidator.getInstance("PKIX").validate(path, trust)
    }

    private fun description(chain: List<ByteArray>): ASN1Sequence {
        val extension = x509(chain.first()).getExtensionValue(KeyStatement.OID.id)
        return ASN1Sequence.getInstance(ASN1OctetString.getInstance(extension).octets)
    }
}
