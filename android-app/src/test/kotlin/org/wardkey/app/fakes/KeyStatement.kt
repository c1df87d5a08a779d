package org.wardkey.app.fakes

import org.bouncycastle.asn1.ASN1Boolean
import org.bouncycastle.asn1.ASN1Encodable
import org.bouncycastle.asn1.ASN1Enumerated
import org.bouncycastle.asn1.ASN1Integer
import org.bouncycastle.asn1.ASN1ObjectIdentifier
import org.bouncycastle.asn1.DERNull
import org.bouncycastle.asn1.DEROctetString
import org.bouncycastle.asn1.DERSequence
import org.bouncycastle.asn1.DERSet
import org.bouncycastle.asn1.DERTaggedObject
import java.security.MessageDigest

/** `SecurityLevel` of the schema, by its number there. */
internal enum class Level { SOFTWARE, ENVIRONMENT, STRONG_BOX }

/**
 * What an attestation certificate says of its key: the extension `KeyDescription` in KeyMint 3's version, EC
 * P-256 for signing SHA-256, made in the hardware of a locked phone that runs its manufacturer's Android 14.
 *
 * @property level where the key lives and who says so
 * @property pinAllowed whether the screen lock's PIN opens the key, beside biometrics
 */
internal class KeyStatement(
    private val challenge: ByteArray,
    val level: Level,
    private val pinAllowed: Boolean = true,
) {
    /** Its encoding in DER. */
    fun encoded(): ASN1Encodable = DERSequence(
        arrayOf(
            ASN1Integer(KEY_MINT_3), ASN1Enumerated(level.ordinal),
            ASN1Integer(KEY_MINT_3), ASN1Enumerated(level.ordinal),
            DEROctetString(challenge), DEROctetString(ByteArray(0)),
            softwareEnforced(),
            hardwareEnforced(),
        ),
    )

    /** What Android itself says: when the key was made, and for which application. */
    private fun softwareEnforced() = DERSequence(
        arrayOf<ASN1Encodable>(
            tagged(CREATION_DATE_TIME, ASN1Integer(CREATED)),
            tagged(ATTESTATION_APPLICATION_ID, DEROctetString(applicationId())),
        ),
    )

    /** The application that policies for tests know, by its package and the certificate that signed it. */
    private fun applicationId() = DERSequence(
        arrayOf(
            DERSet(DERSequence(arrayOf(DEROctetString(PACKAGE.toByteArray()), ASN1Integer(1)))),
            DERSet(DEROctetString(sha256("Wardkey TEST signing certificate".toByteArray()))),
        ),
    )

    /** In the order of the tags, which DER asks for. */
    private fun hardwareEnforced() = DERSequence(
        arrayOf<ASN1Encodable>(
            tagged(PURPOSE, DERSet(ASN1Integer(2))),
            tagged(ALGORITHM, ASN1Integer(3)),
            tagged(KEY_SIZE, ASN1Integer(256)),
            tagged(DIGEST, DERSet(ASN1Integer(4))),
            tagged(EC_CURVE, ASN1Integer(1)),
            tagged(USER_AUTH_TYPE, ASN1Integer(if (pinAllowed) 3 else 2)),
            tagged(UNLOCKED_DEVICE_REQUIRED, DERNull.INSTANCE),
            tagged(ORIGIN, ASN1Integer(0)),
            tagged(ROOT_OF_TRUST, rootOfTrust()),
            tagged(OS_VERSION, ASN1Integer(140_000)),
            tagged(OS_PATCH_LEVEL, ASN1Integer(202_408)),
            tagged(VENDOR_PATCH_LEVEL, ASN1Integer(20_240_805)),
            tagged(BOOT_PATCH_LEVEL, ASN1Integer(20_240_805)),
        ),
    )

    /** Boot loader locked, and what it started was verified. */
    private fun rootOfTrust() = DERSequence(
        arrayOf(
            DEROctetString(ByteArray(32) { 0x5a }), ASN1Boolean.TRUE,
            ASN1Enumerated(0), DEROctetString(ByteArray(32) { 0x3c }),
        ),
    )

    companion object {
        /** Of the extension. */
        val OID = ASN1ObjectIdentifier("1.3.6.1.4.1.11129.2.1.17")
    }
}

private fun sha256(bytes: ByteArray): ByteArray = MessageDigest.getInstance("SHA-256").digest(bytes)

private fun tagged(number: Int, value: ASN1Encodable) = DERTaggedObject(true, number, value)

private const val KEY_MINT_3 = 300L

private const val PACKAGE = "wardkey.test"

/** 2024-09-01, milliseconds. */
private const val CREATED = 1_725_148_800_000L

// Tags of AuthorizationList.
private const val PURPOSE = 1
private const val ALGORITHM = 2
private const val KEY_SIZE = 3
private const val DIGEST = 5
private const val EC_CURVE = 10
private const val USER_AUTH_TYPE = 504
private const val UNLOCKED_DEVICE_REQUIRED = 509
private const val CREATION_DATE_TIME = 701
private const val ORIGIN = 702
private const val ROOT_OF_TRUST = 704
private const val OS_VERSION = 705
private const val OS_PATCH_LEVEL = 706
private const val ATTESTATION_APPLICATION_ID = 709
private const val VENDOR_PATCH_LEVEL = 718
private const val BOOT_PATCH_LEVEL = 719
