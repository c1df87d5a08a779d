package org.wardkey.app.hybrid.host

import kotlinx.coroutines.awaitCancellation
import kotlinx.coroutines.withTimeoutOrNull
import org.wardkey.core.Choice
import org.wardkey.core.Message
import org.wardkey.core.Use
import org.wardkey.core.UserFailure
import org.wardkey.core.UserInterface
import kotlin.time.Duration

/** The person at the phone, who does as [behaviour] says; asked in vain, the phone waits for [patience]. */
internal class HostPerson(private val behaviour: Behaviour, private val patience: Duration) : UserInterface {
    override suspend fun consent(purpose: Use, rpId: String, account: String) = decide()

    override suspend fun choose(rpId: String, accounts: List<Choice>): UInt {
        decide()
        return 0u
    }

    override suspend fun inform(rpId: String, message: Message) = Unit

    private suspend fun decide() = when (behaviour) {
        Behaviour.APPROVE, Behaviour.FAIL_VERIFICATION, Behaviour.HESITATE -> Unit
        Behaviour.DENY -> throw UserFailure.Declined()
        Behaviour.IGNORE -> {
            withTimeoutOrNull(patience) { awaitCancellation() }
            throw UserFailure.TimedOut()
        }
    }
}
