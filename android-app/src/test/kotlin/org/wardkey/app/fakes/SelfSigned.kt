package org.wardkey.app.fakes

import org.bouncycastle.asn1.ASN1EncodableVector
import org.bouncycastle.asn1.ASN1Integer
import org.bouncycastle.asn1.DERBitString
import org.bouncycastle.asn1.DERSequence
import org.bouncycastle.asn1.x500.X500Name
import org.bouncycastle.asn1.x509.AlgorithmIdentifier
import org.bouncycastle.asn1.x509.SubjectPublicKeyInfo
import org.bouncycastle.asn1.x509.Time
import org.bouncycastle.asn1.x509.V3TBSCertificateGenerator
import org.bouncycastle.asn1.x9.X9ObjectIdentifiers
import java.security.KeyPair
import java.security.Signature
import java.security.cert.CertificateFactory
import java.security.cert.X509Certificate
import java.util.Date

/**
 * What the Keystore gives with a key made without an attestation challenge: one certificate, signed by the
 * key itself, with nothing in it but the public key. Times are fixed, so that no test depends on the day.
 */
internal fun selfSigned(pair: KeyPair): X509Certificate {
    val algorithm = AlgorithmIdentifier(X9ObjectIdentifiers.ecdsa_with_SHA256)
    val content = V3TBSCertificateGenerator().apply {
        setSerialNumber(ASN1Integer(1))
        setSignature(algorithm)
        setIssuer(SUBJECT)
        setSubject(SUBJECT)
        setStartDate(Time(Date(0)))
        setEndDate(Time(Date(KEYSTORE_END)))
        setSubjectPublicKeyInfo(SubjectPublicKeyInfo.getInstance(pair.public.encoded))
    }.generateTBSCertificate()
    val signature = Signature.getInstance("SHA256withECDSA", SOFTWARE).run {
        initSign(pair.private)
        update(content.encoded)
        sign()
    }
    val parts = ASN1EncodableVector().apply {
        add(content)
        add(algorithm)
        add(DERBitString(signature))
    }
    return CertificateFactory.getInstance("X.509")
        .generateCertificate(DERSequence(parts).encoded.inputStream()) as X509Certificate
}

private val SUBJECT = X500Name("CN=Android Keystore Key")

/** 2048-01-01, the Keystore's own default. */
private const val KEYSTORE_END = 2_461_449_600_000L
