package org.wardkey.app.keys

import org.wardkey.app.fakes.FakeAndroidKeyStore
import org.wardkey.core.KeyFailure
import org.wardkey.core.SigningPrompt
import org.wardkey.core.Use
import java.security.Signature

/** A person who is recognised at once, by a phone without screen. */
internal class FakePerson(private val hardware: FakeAndroidKeyStore) : SigningPrompts {
    internal class Asked(val prompt: SigningPrompt, val pinAllowed: Boolean)

    val asked = mutableListOf<Asked>()

    /** Whether the hardware learns of it. */
    var verifies = true

    /** What happens before the answer. */
    var before: suspend () -> Unit = {}

    override suspend fun authenticate(
        signature: Signature,
        prompt: SigningPrompt,
        pinAllowed: Boolean,
    ): Signature {
        asked += Asked(prompt, pinAllowed)
        before()
        if (verifies) hardware.authenticateUser(signature)
        return signature
    }
}

internal fun signingPrompt(purpose: Use = Use.SIGN_IN, pinAllowed: Boolean = true) =
    SigningPrompt(purpose, "sign-in.example.org", "clinician@example.org", pinAllowed)

/** The failure that [work] must end with. */
internal inline fun failureOf(work: () -> Unit): KeyFailure {
    try {
        work()
    } catch (failure: KeyFailure) {
        return failure
    }
    throw AssertionError("it did not fail")
}
